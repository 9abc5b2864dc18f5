// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "elements/player/playback.hpp"

namespace kms::player {

// A playback that is made ready behind a shut gate, before it is its turn: the next item of a list, or media
// that is only asked what it is. Control loop.
class NextItem : private Playback::Listener {
 public:
  // `changed`: it became ready, or failed. `setup` has a gate, which is shut.
  NextItem(graph::ElementHost& host, const Playback::Setup& setup, std::function<void()> changed);
  virtual ~NextItem() = default;

  bool is_ready() const { return ready_; }
  const std::optional<Status>& failure() const { return failure_; }
  // Null: there is none any more.
  const Playback* playback() const { return playback_.get(); }

  // Gives it away, to be told of itself as `listener`; the gate is opened by open_gate().
  std::unique_ptr<Playback> take(Playback::Listener& listener);
  void open_gate() { gate_->open(); }

 private:
  void ready(const gst::Demuxer::Tracks& tracks) override;
  void track_found(const gst::Demuxer::Tracks&) override {}  // is among the tracks when its turn comes
  void key_frames_are_rare(size_t) override {}
  void ended() override {}
  void failed(const Status& status) override;
  void get_ready(const Status& status);

  const std::shared_ptr<gst::Gate> gate_;
  const double speed_;
  const std::function<void()> changed_;
  bool ready_ = false;
  std::optional<Status> failure_;
  std::unique_ptr<Playback> playback_;
  Guard guard_;
};

}  // namespace kms::player
