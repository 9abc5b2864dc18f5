// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <vector>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_generator.hpp"
#include "tests/support/relay/way.hpp"

namespace kms::rtc::test {

// A sender with its estimator, and its receiver, on simulated time. Sends frames at 30 a second whose sizes
// vary, as much as the estimator bears or as the script says.
class Flow {
 public:
  struct Media {
    double least_bps = 100'000;
    double most_bps = 20'000'000;
    double layer = 0;     // > 0: sends no more than a whole number of layers, each twice the one below
    bool bursts = false;  // a frame goes out at once
    Duration feedback = std::chrono::milliseconds(100);
    // Who has layers of his own to choose from: the size of the frame that goes out now, in bytes.
    std::function<size_t(SendEstimator&, TimePoint)> frame = {};
  };
  // Whoever carries a packet: gives when it arrives; nothing if it does not.
  using Carry = std::function<std::span<const TimePoint>(size_t bytes, TimePoint now)>;

  Flow(const Media& media, Carry carry, Duration back, uint32_t seed);

  void send_until(TimePoint now);
  void receive_until(TimePoint now);
  SendEstimator& estimator() { return estimator_; }
  // Media that arrived so far, in bytes, and padding that was sent.
  size_t arrived_bytes() const { return arrived_bytes_; }
  size_t padding_bytes() const { return padding_bytes_; }
  void set_media(const Media& media) { media_ = media; }

 private:
  struct Arrival {
    TimePoint at;
    uint16_t sequence;
    size_t bytes;
    bool operator<(const Arrival& other) const { return at > other.at; }
  };
  struct Feedback {
    TimePoint at;
    std::vector<uint8_t> bytes;
  };

  double media_bps() const;
  void make_frame(TimePoint now);
  void send(size_t bytes, bool padding, TimePoint now);
  void receive(TimePoint now);
  void report(TimePoint now);
  void hear(TimePoint now);

  Media media_;
  Carry carry_;
  Duration back_;
  std::minstd_rand random_;
  SendEstimator estimator_;
  TransportFeedbackGenerator generator_;
  std::priority_queue<Arrival> under_way_;
  std::queue<Feedback> reports_;
  TimePoint next_frame_{};
  TimePoint next_report_{};
  TimePoint next_tick_{};
  TimePoint next_packet_{};
  size_t backlog_ = 0;  // bytes of the frame that wait to be sent
  size_t frame_ = 0;
  size_t arrived_bytes_ = 0;
  size_t padding_bytes_ = 0;
};

// A bottleneck that flows share, and the time that passes on it.
class Network {
 public:
  explicit Network(const kms::test::Weather& weather, uint64_t seed = 1) : way_(seed) { set(weather); }

  void set(const kms::test::Weather& weather) {
    weather_ = weather;
    way_.set(weather);
  }
  void set_rate(uint64_t bps) {
    weather_.rate_bps = bps;
    way_.set(weather_);
  }
  // Others' packets, evenly, at that rate.
  void set_cross_traffic(double bps) { cross_bps_ = bps; }
  // Moments in which nothing is carried, some time apart: of radio where only arrivals wait, of a machine
  // that has to do something else where senders wait as well. What waited comes all at once.
  struct Stalls {
    Duration apart{};  // on average; 0: none
    Duration shortest{};
    Duration longest{};
    bool of_senders = false;
  };
  void set_stalls(const Stalls& stalls);
  // Of the flows that are added from now on.
  void set_seed(uint32_t seed) { seed_ = seed; }
  Flow& add(const Flow::Media& media);
  void run(Duration time);
  TimePoint now() const { return now_; }

  // Since the last time it was asked: what packets waited at the bottleneck, at the 95th of 100.
  double take_queue_ms();

 private:
  std::span<const TimePoint> carry(size_t bytes, TimePoint now);
  void plan_stall();

  kms::test::Weather weather_;
  kms::test::Way way_;
  TimePoint now_{std::chrono::seconds(1000)};
  std::vector<std::unique_ptr<Flow>> flows_;
  std::vector<double> queues_;
  uint32_t seed_ = 7;
  double cross_bps_ = 0;
  double cross_owed_ = 0;
  Stalls stalls_;
  TimePoint stalls_at_{};
  TimePoint stalls_until_{};
  std::minstd_rand stall_random_{11};
};

}  // namespace kms::rtc::test
