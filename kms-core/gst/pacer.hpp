// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

#include "kms-core/gst/stream_info.hpp"

namespace kms::gst {

// The time of one player, shared by its outlets: lets each buffer go when it is due, stands still while
// paused, and turns running time into media time that never goes back, over pauses, seeks and loops. Any
// thread.
class Pacer {
 public:
  explicit Pacer(bool unpaced) : unpaced_(unpaced) {}
  bool unpaced() const { return unpaced_; }

  void pause();
  void resume();

  // The next buffer begins a new piece (after a seek or at the beginning of a loop): what was before ends
  // where it got to. Call with the streams flushed.
  void restart();

  // Nanoseconds of running time; negative for what comes before the target of a seek.
  struct Moment {
    GstClockTimeDiff due;      // when it is to be let go: its decoding time where one is known
    GstClockTimeDiff shown;    // its presentation time
    GstClockTime duration;     // may be unknown
    bool decode_only = false;  // never shown; `shown` is negative
  };
  // Waits until a buffer is due. Its media time, never before the end of the piece before; nothing when
  // `flushing` became true meanwhile (then wake() must be called).
  std::optional<GstClockTime> wait(const Moment& moment, const std::atomic<bool>& flushing);
  void wake();

 private:
  void anchor();
  GstClockTimeDiff media_time(const Moment& moment) const;

  const bool unpaced_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false;
  GstClockTime paused_at_ = 0;
  std::optional<GstClockTimeDiff> origin_;  // media time of running time 0; set by the first buffer
  GstClockTimeDiff floor_ = 0;              // media time where the piece before ended
  GstClockTimeDiff end_ = 0;                // media time where this piece got to
};

}  // namespace kms::gst
