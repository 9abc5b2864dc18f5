// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kms-core/base/guard.hpp"
#include "kms-core/base/loop.hpp"
#include "kms-core/bridge/gst_to_rtp.hpp"
#include "kms-core/graph/transcoder.hpp"

namespace kms::graph {

// The smaller sizes of pictures that are encoded for receivers of RTP: the rungs of the ladder below the one
// that they are encoded at in full. Each receiver gets the one that its way bears, and each is encoded only
// while somebody gets it. Control loop.
class Rungs {
 public:
  struct Options {
    Transcoder::Job job;           // of the full size
    bridge::GstToRtp::Options to;  // likewise; its `encodings` is the list that all get into
    std::function<void(const Transcoder&)> on_start = {};
    std::function<void(const Transcoder&)> on_stop = {};
  };
  // Errors: CODEC_UNSUPPORTED, PLUGIN_MISSING.
  static Result<std::unique_ptr<Rungs>> create(rtc::Server& rtc, gst::Pipeline& pipeline, Options options);
  ~Rungs();
  Rungs(const Rungs&) = delete;
  Rungs& operator=(const Rungs&) = delete;

  // What it is made of, and the full size of it, which has to live as long.
  struct Full {
    std::shared_ptr<gst::FanOut> raw;
    const Transcoder* encoder = nullptr;
    bridge::GstToRtp* bridge = nullptr;
  };
  void feed(const Full& full);
  std::vector<const Transcoder*> running() const;
  // Of the element whose pictures they are, while it is there.
  void stop();

 private:
  struct Each {
    Rung rung;
    std::unique_ptr<bridge::GstToRtp> bridge;
    std::unique_ptr<Transcoder> encoder;  // null: nobody gets it
    std::chrono::steady_clock::time_point taken{};
  };

  Rungs(gst::Pipeline& pipeline, Options options) : pipeline_(pipeline), options_(std::move(options)) {}
  Status add(rtc::Server& rtc, const Rung& rung);
  void start(Each& each);
  void stop(Each& each);
  void look();

  gst::Pipeline& pipeline_;
  const Options options_;
  Full full_;
  std::vector<std::unique_ptr<Each>> all_;
  Loop::Timer timer_;
  Guard guard_;
};

}  // namespace kms::graph
