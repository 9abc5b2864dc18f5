// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kms-core/rtc/forwarding/packet_ref.hpp"

namespace kms::bridge {

// Puts the packets of one source in order. What is in order passes at once; a gap holds up what came after it
// until it is filled or has waited too long. Bounded. One thread; it never asks what time it is.
class JitterBuffer {
 public:
  using TimePoint = rtc::TimePoint;
  using Duration = rtc::Duration;

  struct Options {
    Duration patience{};  // for a gap, from the arrival of the first packet behind it
    size_t capacity = 1024;
  };
  struct Next {
    rtc::PacketRef packet;
    uint64_t lost = 0;   // packets given up just before it
    bool anew = false;   // the source began anew: what is missing before it is no loss
    Duration waited{0};  // how long the gap before it held it up, if it was given up
  };
  struct Stats {
    uint64_t packets = 0;
    uint64_t lost = 0;
    uint64_t late = 0;  // came after they were given up
  };

  explicit JitterBuffer(const Options& options);

  void put(rtc::PacketRef packet, TimePoint now);
  // Another stream takes over, with the packet of that index: what waits is given up.
  void begin_anew(uint64_t index);
  // The next one in order, or the first behind a gap that has waited for `patience`; false: not yet. Call it
  // until it says no after each put(), and at deadline().
  bool pop(Next& out, TimePoint now) { return pop(out, now, options_.patience); }
  // The same, with another patience for now.
  bool pop(Next& out, TimePoint now, Duration patience);
  // When the gap that holds up packets is given up; nothing when none does.
  std::optional<TimePoint> deadline() const;
  const Stats& stats() const { return stats_; }

 private:
  struct Place {
    rtc::PacketRef packet;
    TimePoint came{};
  };
  Place& place(uint64_t index) { return places_[index % places_.size()]; }
  bool is_elsewhere(uint64_t index) const;
  void see_gap();
  uint64_t first_waiting() const;

  const Options options_;
  std::vector<Place> places_;  // of index next_ and later, by index modulo its size
  size_t waiting_ = 0;         // places that are taken
  uint64_t next_ = 0;          // index of the packet that is due
  uint64_t highest_ = 0;       // index
  bool begun_ = false;
  bool anew_ = false;
  std::optional<TimePoint> gap_since_;
  Stats stats_;
};

}  // namespace kms::bridge
