// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>

#include "kms-core/gst/stream_info.hpp"

namespace kms::gst {

// The time of one player, shared by its outlets: lets each buffer go when it is due, stands still while
// paused, and turns running time into media time that never goes back, over pauses, seeks and loops. Any
// thread.
class Pacer {
 public:
  explicit Pacer(bool unpaced) : unpaced_(unpaced) {}
  bool unpaced() const { return unpaced_; }

  // Before the first buffer. After a time in which nothing was due what comes next is let go: time stamps may
  // be centuries apart. (Unpaced media: a jump of a day.) `told`, on a streaming thread (post!), says how
  // much was skipped; once in a piece.
  void skip_gaps(GstClockTime longest, std::function<void(GstClockTime)> told);
  // Media comes at its own time: nothing waits until it is due, and time goes on from where it got to. Before
  // the first buffer.
  void follow() { following_ = true; }
  bool follows() const { return following_; }
  // A run begins with whatever comes first, not with running time 0: live media has begun before. Before the
  // first buffer.
  void begin_anywhere() { anywhere_ = true; }
  // Media that did not come this way got to that time.
  void reached(GstClockTime media);

  void pause();
  void resume();
  bool paused() const;

  // The next buffer begins a new piece (after a seek or at the beginning of a loop): what was before ends
  // where it got to. Call with the streams flushed.
  void restart();

  // The same, but the piece begins where the one before ended, and catches up: in any case when it was ready
  // in time (what holds us up between them is no gap, as it is none within a piece), else if it comes soon.
  void join_on(bool in_time);

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
  using Lock = std::unique_lock<std::mutex>;
  void join_soon_or_not();
  void anchor(GstClockTimeDiff shown);
  GstClockTimeDiff media_time(const Moment& moment);
  bool wait_until_due(const Moment& moment, const std::atomic<bool>& flushing, Lock& lock);
  void wait_for(GstClockTimeDiff due, GstClockTimeDiff now, Lock& lock);
  bool waits_too_long(GstClockTimeDiff due, GstClockTimeDiff now) const;
  void skip(GstClockTimeDiff gap);

  const bool unpaced_;
  bool following_ = false;
  bool anywhere_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false;
  GstClockTime paused_at_ = 0;
  std::optional<GstClockTimeDiff> origin_;   // media time of running time 0; set by the first buffer
  GstClockTimeDiff floor_ = 0;               // media time where the piece before ended
  GstClockTimeDiff end_ = 0;                 // media time where this piece got to
  GstClockTimeDiff reached_ = 0;             // running time of what was let go
  GstClockTimeDiff last_let_go_ = 0;         // media clock
  std::multiset<GstClockTimeDiff> waiting_;  // running times
  GstClockTimeDiff longest_gap_ = 0;         // 0: any
  std::function<void(GstClockTime)> gap_told_;
  bool gap_met_ = false;
  enum class Joining { kNo, kSoon, kInAnyCase };
  Joining joining_ = Joining::kNo;
};

}  // namespace kms::gst
