// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "kms-core/rtc/tap.hpp"

namespace kms::bridge {

// The tap that a streaming thread reads, and the one of another encoding that takes its place with a key
// frame.
class TapSwitch {
 public:
  using Tap = std::unique_ptr<rtc::Tap>;

  // Before the streaming thread begins. `id` is for reads().
  void open(Tap tap, uint64_t id);
  // Any thread. With its next key frame `tap` takes over from the one that is read; null: nothing does.
  void offer(Tap tap, uint64_t id);
  uint64_t reads() const { return reads_; }
  void want_key_frame() const;

  // Streaming thread. The next packet of the one that is read; null: none waits.
  rtc::PacketRef pop();
  // The packet with which another one takes over; null: none does now. go_over() is to follow, once no packet
  // of the former one is held any more.
  rtc::PacketRef begin_of_next(rtc::TimePoint now);
  void go_over();

 private:
  struct Offer {
    Tap tap;
    uint64_t id = 0;
  };

  mutable std::mutex mutex_;
  Tap tap_;                       // guarded by mutex_, but for the streaming thread, which alone writes it
  std::optional<Offer> offered_;  // guarded by mutex_
  std::atomic<uint64_t> reads_ = 0;
  // Streaming thread.
  Offer next_;
  rtc::TimePoint asked_{};  // for a key frame of it
};

}  // namespace kms::bridge
