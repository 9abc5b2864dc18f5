// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/loadtest/tally.hpp"
#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc::loadtest {

// What a participant does once it is connected: publish or view. One thread.
class Media {
 public:
  virtual ~Media() = default;

  virtual void start(TimePoint now) = 0;
  virtual void on_time(TimePoint now) = 0;
  virtual TimePoint deadline() const = 0;
  virtual void on_rtp(MutableBytes packet, TimePoint arrived) = 0;
  virtual void on_rtcp(Bytes compound, TimePoint now) = 0;
  // Adds what it has counted itself.
  virtual void add_to(Tally& tally) const = 0;
  // When the first packet and the first key frame were here; nothing (the epoch) before that.
  virtual TimePoint first_packet() const { return {}; }
  virtual TimePoint first_key_frame() const { return {}; }
};

}  // namespace kms::rtc::loadtest
