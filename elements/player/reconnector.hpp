// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/gap_filler.hpp"
#include "kms-core/gst/pacer.hpp"
#include "kms-core/gst/still_picture.hpp"
#include "kms/player/v1/player.pb.h"

namespace kms::player {

// Keeps a player going whose source is lost: when the next attempt is made, and what its takers get
// meanwhile. Control loop.
class Reconnector {
 public:
  struct Settings {
    std::chrono::milliseconds initial{500};
    std::chrono::milliseconds most{10'000};
    uint32_t attempts = 0;  // 0: for ever
    bool bridge = true;
    std::string placeholder = {};  // file URI; empty: the last frame
  };
  // Nothing: this player does not try again. Errors: INVALID_OPTIONS, URI_NOT_ALLOWED (the placeholder).
  static Result<std::optional<Settings>> settings(const Config& config, const v1::PlayerOptions& options);

  struct Line {
    std::shared_ptr<gst::FanOut> to;
    bool video;
  };
  struct Lines {
    std::vector<Line> all;
    std::shared_ptr<gst::Pacer> pacer;
  };
  Reconnector(graph::ElementHost& host, const Settings& settings, Lines lines);
  ~Reconnector();

  // The source is lost, or was not reached. Plans the next attempt and answers with what is to be told;
  // nothing: that was the last one, or none would help.
  std::optional<v1::StateChanged> plan(const Status& why, std::function<void()> attempt);

  // Nothing else goes into the ports any more: the gap is bridged from now on, if media has come before.
  void bridge();

  // Media is there and waits behind the pacer; `done` when nothing else goes into the ports.
  void media_is_back(std::function<void()> done);

  bool has_run() const { return ran_; }

  // It was final: what bridges the gap ends, and so do the streams that had begun.
  void give_up();

  // No attempt any more, and nothing that bridges the gap.
  void stop();

 private:
  std::chrono::milliseconds next_wait();
  void make_placeholder(const gst::StreamInfo& info);
  const std::shared_ptr<gst::FanOut>& pictures() const;  // of the first track
  std::optional<gst::GapFiller::Line> filling(const Line& line) const;
  void start_filler();
  void end_bridge(std::function<void(GstClockTime)> done);

  graph::ElementHost& host_;
  const Settings settings_;
  const Lines lines_;
  uint32_t failed_ = 0;  // attempts in a row
  bool ran_ = false;
  Loop::Timer timer_;
  std::optional<Result<gst::StillPicture>> placeholder_;
  std::shared_ptr<gst::GapFiller> filler_;  // shared with the worker that stops it
  Guard bridging_;                          // of this gap
  Guard guard_;
};

}  // namespace kms::player
