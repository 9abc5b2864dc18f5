// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>

#include "kms-core/rtc/forwarding/audio_level.hpp"
#include "kms-core/rtc/forwarding/layer_counters.hpp"
#include "kms-core/rtc/rtp/picture_size.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// What has come of a source so far: written by its RTC thread, read by any. And until when somebody wished
// for it: written by any.
class SourceCounters {
 public:
  // So long without a packet is a pause.
  static constexpr std::chrono::milliseconds kPause{1500};

  uint64_t packets() const { return packets_.load(std::memory_order_relaxed); }
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  // When the first packet came; nothing before it.
  std::optional<TimePoint> began() const {
    const auto time = began_.load(std::memory_order_relaxed);
    return time == TimePoint{} ? std::nullopt : std::optional(time);
  }

  // Its sender said goodbye and has not begun anew.
  bool ended() const { return ended_.load(std::memory_order_relaxed); }

  // Others are louder: it is not sent on (LoudestSources).
  bool withheld() const { return withheld_.load(std::memory_order_relaxed); }
  // Payload per second of late, and the most that it ever was; 0 at first.
  double bps() const { return bps_.load(std::memory_order_relaxed); }
  double most_bps() const { return most_bps_.load(std::memory_order_relaxed); }
  // What its maker says that it takes, or else bps().
  double told_bps() const {
    const auto told = offered_bps_.load(std::memory_order_relaxed);
    return told > 0 ? told : bps();
  }
  void offer(double bps) { offered_bps_.store(bps, std::memory_order_relaxed); }
  // Somebody takes it, as its RTC thread saw last.
  bool taken() const { return taken_.load(std::memory_order_relaxed); }
  void set_taken(bool taken) { taken_.store(taken, std::memory_order_relaxed); }
  // Somebody would have it if it came. Any thread.
  void wish(TimePoint now) const { wished_at_.store(now, std::memory_order_relaxed); }
  TimePoint wished_at() const { return wished_at_.load(std::memory_order_relaxed); }  // zero: never
  // When the latest packet came; the clock's zero before the first.
  TimePoint last() const { return last_.load(std::memory_order_relaxed); }

  // Of pictures, as the latest key frame says; zeros: not known.
  PictureSize picture() const {
    const auto both = picture_.load(std::memory_order_relaxed);
    return {both >> 16, both & 0xffff};
  }
  void set_picture(const PictureSize& size) {
    picture_.store(size.width << 16 | size.height, std::memory_order_relaxed);
  }

  // Of pictures.
  const LayerCounters& layers() const { return layers_; }
  LayerCounters& layers() { return layers_; }
  // Of sound.
  const AudioLevel& level() const { return level_; }
  AudioLevel& level() { return level_; }

  // On the RTC thread: nobody else adds, so that plain sums do.
  void add(size_t payload, TimePoint arrived) {
    if (packets() == 0) began_.store(arrived, std::memory_order_relaxed);
    // A rate that went down to nothing would let it seem cheap to all who waited for it.
    if (arrived - last() > kPause) bps_.store(settled_bps_, std::memory_order_relaxed);
    packets_.store(packets() + 1, std::memory_order_relaxed);
    bytes_.store(bytes() + payload, std::memory_order_relaxed);
    last_.store(arrived, std::memory_order_relaxed);
  }
  // Every 50 ms or so.
  void measure(TimePoint now) {
    const std::chrono::duration<double> passed = now - measured_at_;
    if (passed < kMeasure) return;
    const bool first = measured_at_ == TimePoint{};
    const double fresh = static_cast<double>(bytes() - measured_bytes_) * 8 / passed.count();
    measured_at_ = now;
    measured_bytes_ = bytes();
    if (first) return layers_.skip_measure();
    layers_.measure(passed.count());
    if (fresh > 0) settled_bps_ = bps();
    bps_.store(bps() == 0 ? fresh : (bps() + fresh) / 2, std::memory_order_relaxed);
    most_bps_.store(std::max(bps(), most_bps()), std::memory_order_relaxed);
  }
  void set_ended(bool ended) { ended_.store(ended, std::memory_order_relaxed); }
  void set_withheld(bool withheld) { withheld_.store(withheld, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> packets_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<TimePoint> began_{};
  std::atomic<bool> ended_ = false;
  std::atomic<bool> withheld_ = false;
  std::atomic<TimePoint> last_{};
  std::atomic<double> bps_ = 0;
  std::atomic<double> most_bps_ = 0;
  std::atomic<double> offered_bps_ = 0;
  std::atomic<bool> taken_ = false;
  mutable std::atomic<TimePoint> wished_at_{};
  std::atomic<uint32_t> picture_ = 0;  // width and height
  // On the RTC thread.
  static constexpr std::chrono::milliseconds kMeasure{500};
  uint64_t measured_bytes_ = 0;
  TimePoint measured_at_{};
  double settled_bps_ = 0;  // before the latest interval in which something came: that one may have been cut
  LayerCounters layers_;
  AudioLevel level_;
};

}  // namespace kms::rtc
