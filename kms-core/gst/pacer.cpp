// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/pacer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace kms::gst {
namespace {

// What begins so soon after the piece before joins on to it without a gap, and a little late at first.
constexpr GstClockTimeDiff kSeam = 300 * GST_MSECOND;
constexpr GstClockTimeDiff kDay = 24 * 60 * 60 * GST_SECOND;

}  // namespace

void Pacer::skip_gaps(GstClockTime longest, std::function<void(GstClockTime)> told) {
  const std::lock_guard lock(mutex_);
  longest_gap_ = static_cast<GstClockTimeDiff>(longest);
  gap_told_ = std::move(told);
}

void Pacer::pause() {
  const std::lock_guard lock(mutex_);
  if (paused_) return;
  paused_ = true;
  paused_at_ = media_now();
  join_soon_or_not();
  changed_.notify_all();
}

void Pacer::resume() {
  const std::lock_guard lock(mutex_);
  if (!paused_) return;
  paused_ = false;
  const auto now = media_now();
  if (origin_ && !unpaced_ && !following_) *origin_ += static_cast<GstClockTimeDiff>(now - paused_at_);
  last_let_go_ = static_cast<GstClockTimeDiff>(now);
  changed_.notify_all();
}

bool Pacer::paused() const {
  const std::lock_guard lock(mutex_);
  return paused_;
}

void Pacer::restart() {
  const std::lock_guard lock(mutex_);
  origin_.reset();
  join_soon_or_not();
  gap_met_ = false;
  if (paused_) paused_at_ = media_now();
  changed_.notify_all();
}

void Pacer::join_on(bool in_time) {
  restart();
  const std::lock_guard lock(mutex_);
  joining_ = in_time && !paused_ ? Joining::kInAnyCase : Joining::kSoon;
}

// A pause and a seek at the seam take what time they take.
void Pacer::join_soon_or_not() {
  if (joining_ == Joining::kInAnyCase) joining_ = Joining::kSoon;
}

void Pacer::reached(GstClockTime media) {
  const std::lock_guard lock(mutex_);
  end_ = std::max(end_, static_cast<GstClockTimeDiff>(media));
}

void Pacer::wake() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

// Running time 0 is now, or where the piece before ended; unpaced media is not bound to the clock.
void Pacer::anchor(GstClockTimeDiff shown) {
  const auto now = static_cast<GstClockTimeDiff>(media_now());
  const bool is_seam = joining_ == Joining::kInAnyCase || (joining_ == Joining::kSoon && now - end_ < kSeam);
  const bool joins_on = end_ != 0 && (unpaced_ || is_seam);
  origin_ = joins_on ? end_ : std::max(now, end_);
  if (anywhere_) *origin_ -= shown;
  if (following_) origin_ = std::max<GstClockTimeDiff>(end_ - shown, 0);
  joining_ = Joining::kNo;
  floor_ = end_;
  reached_ = 0;
  last_let_go_ = now;
}

// What is only decoded lies just before what is shown first, still in its own order: equal time stamps would
// make a decoder invent others.
GstClockTimeDiff Pacer::media_time(const Moment& moment) {
  constexpr GstClockTimeDiff kPressed = 1'000'000;  // times closer together
  if (moment.decode_only) return *origin_ - 1 + moment.shown / kPressed;
  // Of a run that begins anywhere, what comes first need not be the earliest.
  if (anywhere_) origin_ = std::max(*origin_, floor_ - moment.shown);
  return std::max(*origin_ + moment.shown, floor_);
}

void Pacer::wait_for(GstClockTimeDiff due, GstClockTimeDiff now, Lock& lock) {
  const auto gives_up = last_let_go_ + longest_gap_;
  const auto until = longest_gap_ > 0 && gives_up > now ? std::min(due, gives_up) : due;
  changed_.wait_for(lock, std::chrono::nanoseconds(until - now));
}

bool Pacer::waits_too_long(GstClockTimeDiff due, GstClockTimeDiff now) const {
  const bool too_long = longest_gap_ > 0 && now >= last_let_go_ + longest_gap_;
  return too_long && due - *origin_ <= *waiting_.begin();
}

// What is due next is due now.
void Pacer::skip(GstClockTimeDiff gap) {
  *origin_ -= gap;
  changed_.notify_all();
  if (!std::exchange(gap_met_, true) && gap_told_) gap_told_(static_cast<GstClockTime>(gap));
}

// False: flushing.
bool Pacer::wait_until_due(const Moment& moment, const std::atomic<bool>& flushing, Lock& lock) {
  for (;;) {
    if (flushing) return false;
    if (paused_) {
      changed_.wait(lock);
      continue;
    }
    if (!origin_) anchor(moment.shown);
    const auto due = *origin_ + moment.due;
    const auto now = static_cast<GstClockTimeDiff>(media_now());
    if (unpaced_) {
      if (longest_gap_ > 0 && moment.due > reached_ + kDay) skip(moment.due - reached_);
      return true;
    }
    if (following_ || due <= now) return true;
    if (waits_too_long(due, now)) {
      skip(due - now);
      return true;
    }
    wait_for(due, now, lock);
  }
}

std::optional<GstClockTime> Pacer::wait(const Moment& moment, const std::atomic<bool>& flushing) {
  Lock lock(mutex_);
  const auto place = waiting_.insert(moment.due);
  const bool due = wait_until_due(moment, flushing, lock);
  waiting_.erase(place);
  if (!due) return std::nullopt;
  const auto media = media_time(moment);
  const auto length = std::min<GstClockTime>(moment.duration, kDay);
  end_ = std::max(
      end_, media + (GST_CLOCK_TIME_IS_VALID(moment.duration) ? static_cast<GstClockTimeDiff>(length) : 0));
  reached_ = std::max(reached_, moment.due);
  last_let_go_ = static_cast<GstClockTimeDiff>(media_now());
  return static_cast<GstClockTime>(media);
}

}  // namespace kms::gst
