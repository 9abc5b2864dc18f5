// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"
#include "tests/support/live_peer/clip.hpp"

namespace kms::test {

// How a sender's clock runs. Time stamps are counted by its sample clock, reports are dated by its wall
// clock.
struct SenderSpeed {
  double samples = 1;  // seconds of media per second
  double wall = 1;     // seconds on its wall clock per second
};

struct SenderSetup {
  const Clip* clip = nullptr;  // begins anew when it ends
  SenderSpeed speed = {};
  uint32_t ssrc = 0;
  uint32_t first_timestamp = 0;  // of RTP; near the wrap, say
  uint16_t first_sequence = 1;
};

// Deals the packets of a clip out as a live sender would, and its sender reports. Sends nothing itself and
// asks no clock.
class StreamSender {
 public:
  struct Out {
    bool marker = false;
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
    std::chrono::nanoseconds pts{};  // from the beginning
    rtc::Bytes payload;
  };

  StreamSender(const SenderSetup& setup, rtc::TimePoint start);

  // When the next packet is due.
  rtc::TimePoint due() const;
  // The packet that is due; it is the next one's turn then.
  Out take();
  // A packet once more, as it was; nothing when it was never sent.
  const Out* find(uint16_t sequence) const;
  // SR and CNAME of this moment.
  std::vector<uint8_t> report(rtc::TimePoint now, std::string_view cname) const;

  const SenderSetup& setup() const { return setup_; }
  // When the last packet of a time stamp was taken.
  void note_sent(const Out& out, rtc::TimePoint at) { sent_[out.pts] = at; }
  const std::map<std::chrono::nanoseconds, rtc::TimePoint>& sent() const { return sent_; }

 private:
  std::chrono::nanoseconds next_pts() const;
  uint32_t timestamp_at(double seconds) const;

  SenderSetup setup_;
  int rtp_rate_;
  rtc::TimePoint start_;
  size_t next_ = 0;     // in the clip
  int64_t rounds_ = 0;  // of the clip, ended
  uint32_t packets_ = 0;
  uint32_t octets_ = 0;
  std::vector<Out> history_;
  std::map<std::chrono::nanoseconds, rtc::TimePoint> sent_;
};

}  // namespace kms::test
