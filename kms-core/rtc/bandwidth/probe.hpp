// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/bandwidth/sent_packets.hpp"

namespace kms::rtc {

// A cluster of packets sent at a rate above the present one, to see how fast they arrive. Media counts as
// well as padding. One at a time; times and amounts only, the packets are the caller's.
class Probe {
 public:
  struct Result {
    double bps;
    bool link_full;  // they arrived more slowly than they were sent
    double asked_bps;
  };

  void begin(double bps, double most_bytes, TimePoint now);
  // Whether one is being sent, or its feedback is awaited.
  bool is_under_way() const { return state_ != State::kNone; }
  bool is_sending() const { return state_ == State::kSending; }
  // What packets that are sent now belong to; 0: to none.
  uint8_t cluster() const { return is_sending() ? number_ : uint8_t{0}; }
  // What is missing now to keep to the rate, and when something will be.
  size_t due(TimePoint now) const;
  TimePoint due_at() const;

  void on_sent(size_t size, TimePoint now);
  // Feedback, in the order of sending. `at`: in units of 250 us of the receiver's clock.
  void on_arrived(const SentPacket& packet, int64_t at);
  void on_lost(const SentPacket& packet);
  // After each feedback, and with each tick. Nothing while there is more to come, or if too little came.
  std::optional<Result> take_result(TimePoint now);

 private:
  enum class State { kNone, kSending, kAwaited };

  bool is_mine(const SentPacket& packet) const { return state_ != State::kNone && packet.cluster == number_; }
  std::optional<Result> result() const;

  State state_ = State::kNone;
  uint8_t number_ = 0;
  double bps_ = 0;
  double bytes_ = 0;
  TimePoint began_{};
  TimePoint ended_{};
  size_t sent_ = 0;
  size_t sent_bytes_ = 0;

  size_t told_ = 0;
  size_t arrived_ = 0;
  // From the first to the last that arrived; the first one's bytes went out before.
  TimePoint first_sent_{};
  TimePoint last_sent_{};
  int64_t first_at_ = 0;
  int64_t last_at_ = 0;
  size_t bytes_between_ = 0;
  size_t lost_bytes_ = 0;  // after the last that arrived
};

}  // namespace kms::rtc
