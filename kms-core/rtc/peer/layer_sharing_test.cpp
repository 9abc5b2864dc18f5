// SPDX-License-Identifier: Apache-2.0
// Two viewers of a simulcast track behind one bottleneck, in simulated time: each has its estimator, and
// layers as PeerLayers chooses them.
#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/rtc/bandwidth/test_network.hpp"
#include "kms-core/rtc/peer/layer_choice.hpp"
#include "kms-core/rtc/peer/rise_patience.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using test::Flow;
using test::Network;

constexpr std::array kLayers{150e3, 700e3, 2800e3};
constexpr double kFrames = 30;  // a second
constexpr double kClearRoom = 1.5;

// A key frame of all layers comes 100 ms after anybody asked, three times as large as others.
class Publisher {
 public:
  void ask(TimePoint now) {
    if (now - asked_ > kAnswer) asked_ = now;
  }
  // When the latest one was there.
  TimePoint key_frame(TimePoint now) const {
    return now - asked_ >= kAnswer ? asked_ + kAnswer : TimePoint{};
  }

 private:
  static constexpr Duration kAnswer = 100ms;
  TimePoint asked_{};
};

class Viewer {
 public:
  explicit Viewer(Publisher& publisher) : publisher_(publisher) {}

  Flow::Media media() {
    return {.bursts = true, .frame = [this](SendEstimator& estimator, TimePoint now) {
              if (frame_++ % 3 == 0) choose(estimator, now);
              return frame(now);
            }};
  }

 private:
  LayerStream stream(bool may_rise) const {
    LayerStream stream;
    stream.count = kLayers.size();
    for (size_t i = 0; i < kLayers.size(); ++i) stream.layers[i] = {kLayers[i], true};
    stream.now = goal_;
    stream.preferred = stream.most = LayerStream::kMostLayers;
    stream.may_rise = may_rise;
    return stream;
  }
  void choose(SendEstimator& estimator, TimePoint now) {
    estimator.set_wanted(kLayers.back() * 1.3);
    auto with_less = stream(true);
    choose_layers({&with_less, 1}, estimator.target_bps() / kClearRoom);
    auto chosen = stream(patience_.may_rise(now));
    choose_layers({&chosen, 1}, estimator.target_bps());
    patience_.note_room(with_less.chosen > goal_, now);
    if (chosen.chosen == goal_) return;
    if (chosen.chosen > goal_) patience_.on_rise(now);
    if (chosen.chosen < goal_) patience_.on_fall(now);
    goal_ = chosen.chosen;
    publisher_.ask(now);
  }
  size_t frame(TimePoint now) {
    const auto latest = publisher_.key_frame(now);
    const bool key_frame = latest > key_frame_;
    key_frame_ = std::max(key_frame_, latest);
    if (key_frame) layer_ = goal_;
    return static_cast<size_t>(kLayers[layer_] / kFrames / 8 * (key_frame ? 3 : 1));
  }

  Publisher& publisher_;
  RisePatience patience_;
  size_t layer_ = 0;
  size_t goal_ = 0;
  TimePoint key_frame_{};
  size_t frame_ = 0;
};

struct Shares {
  double media;  // what the lesser has of what the greater has
  double estimates;
  double used;  // of the line
};

double share(double a, double b) { return std::min(a, b) / std::max(a, b); }

struct Line {
  double loss;
  Duration later;  // comes the second one
  Network::Stalls stalls{};
};

// Over 40 seconds, from the fifteenth on.
Shares share(double bps, const Line& line, uint32_t seed) {
  Network network(
      {.loss = line.loss, .delay = 50ms, .rate_bps = static_cast<uint64_t>(bps), .longest_queue = 1s}, seed);
  network.set_seed(seed * 10);
  network.set_stalls(line.stalls);
  Publisher publisher;
  Viewer a(publisher);
  Viewer b(publisher);
  auto& first = network.add(a.media());
  network.run(line.later + seed * 37 % 100 * 1ms);
  auto& second = network.add(b.media());
  network.run(15s);
  const std::array before{first.arrived_bytes(), second.arrived_bytes()};
  std::array<double, 2> estimates{};
  for (int i = 0; i < 400; ++i) {
    network.run(100ms);
    estimates[0] += first.estimator().target_bps();
    estimates[1] += second.estimator().target_bps();
  }
  const auto of_first = static_cast<double>(first.arrived_bytes() - before[0]) * 8 / 40;
  const auto of_second = static_cast<double>(second.arrived_bytes() - before[1]) * 8 / 40;
  return {share(of_first, of_second), share(estimates[0], estimates[1]), (of_first + of_second) / bps};
}

void PrintTo(const Line& line, std::ostream* out) {
  *out << "loss " << line.loss << ", " << line.later / 1s << " s later, stalls up to "
       << line.stalls.longest / 1ms << " ms" << (line.stalls.of_senders ? " of all" : "");
}

class LayersOfTwo : public testing::TestWithParam<Line> {};

// 700 kbit/s each is what both can have of 2 Mbit/s.
TEST_P(LayersOfTwo, ShareALine) {
  for (uint32_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    const auto shares = share(2e6, GetParam(), seed);
    EXPECT_GT(shares.media, 1 / 1.3);
    EXPECT_GT(shares.estimates, 0.7);
    EXPECT_GT(shares.used, 0.55);
  }
}

INSTANTIATE_TEST_SUITE_P(OnLinks, LayersOfTwo,
                         testing::Values(Line{0, 0s}, Line{0.02, 0s}, Line{0, 10s}, Line{0.02, 10s}));

// Of radio that is away for a moment, and of a machine.
INSTANTIATE_TEST_SUITE_P(WithStalls, LayersOfTwo,
                         testing::Values(Line{0, 0s, {3s, 20ms, 150ms, false}},
                                         Line{0, 10s, {5s, 100ms, 400ms, false}},
                                         Line{0, 0s, {3s, 20ms, 150ms, true}},
                                         Line{0, 10s, {3s, 20ms, 150ms, true}}));

}  // namespace
}  // namespace kms::rtc
