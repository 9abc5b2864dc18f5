// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/send_estimator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "kms-core/rtc/bandwidth/test_network.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using kms::test::Weather;
using test::Flow;
using test::Network;

// A bottleneck as of the relay, and what flows over it.
struct Bar {
  double loss = 0;
  Duration jitter{};
  bool bursts = false;
};

class Estimate : public testing::TestWithParam<Bar> {
 protected:
  Weather weather(uint64_t bps) const {
    return {.loss = GetParam().loss, .delay = 100ms, .jitter = GetParam().jitter, .rate_bps = bps};
  }
  Flow::Media media() const { return {.least_bps = 50'000, .bursts = GetParam().bursts}; }
};

// Mean over so many seconds.
double mean_target(Network& network, Flow& flow, int seconds) {
  double sum = 0;
  for (int i = 0; i < seconds * 10; ++i) {
    network.run(100ms);
    sum += flow.estimator().target_bps();
  }
  return sum / (seconds * 10);
}

void PrintTo(const Bar& bar, std::ostream* out) {
  *out << "loss " << bar.loss << ", jitter " << bar.jitter / 1ms << " ms" << (bar.bursts ? ", bursts" : "");
}

TEST_P(Estimate, SettlesWithinFiveSecondsAfterEachStepAndKeepsTheQueueShort) {
  Network network(weather(300'000));
  auto& flow = network.add(media());
  for (const double bps : {300e3, 1e6, 4e6, 1e6, 300e3, 4e6, 300e3, 1e6}) {
    SCOPED_TRACE(bps);
    network.set_rate(static_cast<uint64_t>(bps));
    network.run(5s);
    network.take_queue_ms();

    const size_t before = flow.arrived_bytes();
    const double target = mean_target(network, flow, 5);

    EXPECT_GT(target, 0.8 * bps);
    EXPECT_LT(target, 1.15 * bps);
    const double arrived = static_cast<double>(flow.arrived_bytes() - before) * 8 / 5;
    EXPECT_GT(arrived, 0.8 * bps * (1 - GetParam().loss));
    EXPECT_LT(network.take_queue_ms(), 200);
  }
}

INSTANTIATE_TEST_SUITE_P(OnLinks, Estimate,
                         testing::Values(Bar{}, Bar{.loss = 0.01}, Bar{.loss = 0.05}, Bar{.jitter = 10ms},
                                         Bar{.bursts = true},
                                         Bar{.loss = 0.05, .jitter = 10ms, .bursts = true}));

struct Sharing {
  double bps;
  double loss;
  Duration later;  // comes the second one
};

// What the lesser of two has of what the greater has, over 45 seconds. Their frames and reports are not in
// step with each other, as those of two senders never are for long.
double share(const Sharing& sharing, uint32_t seed) {
  Network network({.loss = sharing.loss, .delay = 100ms, .rate_bps = static_cast<uint64_t>(sharing.bps)},
                  seed);
  network.set_seed(seed * 10);
  auto& first = network.add({});
  network.run(sharing.later + seed * 37 % 100 * 1ms);
  auto& second = network.add({});
  network.run(15s);
  const size_t a = first.arrived_bytes();
  const size_t b = second.arrived_bytes();
  network.run(45s);
  const auto of_first = static_cast<double>(first.arrived_bytes() - a);
  const auto of_second = static_cast<double>(second.arrived_bytes() - b);
  EXPECT_GT((of_first + of_second) * 8 / 45, 0.8 * sharing.bps * (1 - sharing.loss));
  return std::min(of_first, of_second) / std::max(of_first, of_second);
}

void PrintTo(const Sharing& sharing, std::ostream* out) {
  *out << sharing.bps << " bit/s, loss " << sharing.loss << ", " << sharing.later / 1s << " s later";
}

class EstimatesOfTwo : public testing::TestWithParam<Sharing> {};

TEST_P(EstimatesOfTwo, ShareALink) {
  std::vector<double> shares;
  for (uint32_t seed = 1; seed <= 9; ++seed) shares.push_back(share(GetParam(), seed));
  std::ranges::sort(shares);
  EXPECT_GT(shares[4], 1 / 1.3) << "as a rule";
  EXPECT_GT(shares[0], 0.5) << "at worst";
}

INSTANTIATE_TEST_SUITE_P(OnLinks, EstimatesOfTwo,
                         testing::Values(Sharing{600e3, 0, 0s}, Sharing{600e3, 0.03, 0s},
                                         Sharing{600e3, 0, 10s}, Sharing{1e6, 0, 0s}, Sharing{1e6, 0.02, 0s},
                                         Sharing{1e6, 0, 10s}, Sharing{1e6, 0.02, 10s}, Sharing{2e6, 0, 0s},
                                         Sharing{2e6, 0.02, 0s}, Sharing{2e6, 0, 10s},
                                         Sharing{2e6, 0.02, 10s}, Sharing{4e6, 0, 0s}, Sharing{4e6, 0.02, 0s},
                                         Sharing{4e6, 0, 10s}, Sharing{4e6, 0.02, 10s}));

TEST(AnEstimate, MakesWayForOthersAndReturns) {
  Network network({.delay = 50ms, .rate_bps = 2'000'000});
  auto& flow = network.add({});
  network.run(5s);
  network.set_cross_traffic(1'000'000);
  network.run(5s);
  network.take_queue_ms();

  const double shared = mean_target(network, flow, 5);
  EXPECT_GT(shared, 800'000);
  EXPECT_LT(shared, 1'250'000);
  EXPECT_LT(network.take_queue_ms(), 200);

  network.set_cross_traffic(0);
  network.run(5s);
  EXPECT_GT(mean_target(network, flow, 5), 1'600'000);
}

// As a forwarding server sends: what there is, not what there could be.
TEST(AnEstimate, FindsRoomForTheNextLayerByProbesAlone) {
  Network network({.delay = 50ms, .rate_bps = 3'000'000});
  auto& flow = network.add({.least_bps = 150'000, .most_bps = 2'400'000, .layer = 150'000});
  network.run(5s);
  const size_t before = flow.arrived_bytes();
  network.run(5s);
  EXPECT_GT(flow.estimator().target_bps(), 2'400'000);
  EXPECT_NEAR(static_cast<double>(flow.arrived_bytes() - before) * 8 / 5, 2'400'000, 100'000);
}

TEST(AnEstimate, DoesNotProbeForWhatNobodyWants) {
  Network network({.delay = 50ms, .rate_bps = 3'000'000});
  auto& flow = network.add({.least_bps = 200'000, .most_bps = 200'000});
  network.run(10s);
  EXPECT_EQ(flow.padding_bytes(), 0u);
}

TEST(AnEstimate, SpendsLittleOnProbesWhereThereIsNoMore) {
  Network network({.delay = 50ms, .rate_bps = 500'000});
  auto& flow = network.add({.least_bps = 300'000, .most_bps = 4'000'000, .layer = 300'000});
  network.run(30s);
  EXPECT_LT(static_cast<double>(flow.padding_bytes()) * 8 / 30, 0.1 * 500'000);
  EXPECT_GT(flow.estimator().probes(), 5u);
}

// Probes find the way full again and again: pictures are sent as it takes them.
TEST(AnEstimate, KnowsTheBottleneckWhereMoreIsWanted) {
  Network network({.delay = 30ms, .rate_bps = 1'000'000});
  auto& flow = network.add({.least_bps = 700'000, .most_bps = 2'800'000, .layer = 700'000});
  network.run(10s);
  for (int i = 0; i < 100; ++i) {
    network.run(100ms);
    EXPECT_NEAR(flow.estimator().pacer().bps(), 1'000'000, 150'000);
  }
  network.set_rate(8'000'000);
  network.run(10s);
  EXPECT_FALSE(flow.estimator().pacer().paces());
}

TEST(AnEstimate, ForgetsTheBottleneckOfAReceiverThatReportsNoMore) {
  Network network({.delay = 30ms, .rate_bps = 1'000'000});
  Flow::Media media{.least_bps = 700'000, .most_bps = 2'800'000, .layer = 700'000};
  auto& flow = network.add(media);
  network.run(10s);
  ASSERT_TRUE(flow.estimator().paces());

  media.feedback = 1h;
  flow.set_media(media);
  network.run(62s);
  EXPECT_FALSE(flow.estimator().paces());
}

// What was never exceeded is no bottleneck, nor is what was full because of others' packets for a moment.
TEST(AnEstimate, HoldsUpNothingOnAWideWay) {
  for (const auto jitter : {0ms, 5ms, 10ms}) {
    Network network({.delay = 30ms, .jitter = jitter, .rate_bps = 100'000'000});
    auto& flow = network.add({.least_bps = 100'000, .most_bps = 1'300'000, .bursts = true});
    int paced = 0;
    for (int i = 0; i < 600; ++i) {
      network.run(100ms);
      paced += flow.estimator().paces() ? 1 : 0;
    }
    EXPECT_LT(paced, 6) << jitter / 1ms << " ms";
  }
}

// Radio that is away for some hundred milliseconds, or a machine: what comes then comes all at once.
TEST(AnEstimate, StaysWhereNothingIsCarriedForAMoment) {
  for (const bool of_senders : {false, true}) {
    SCOPED_TRACE(of_senders);
    Network network({.delay = 50ms, .rate_bps = 2'000'000});
    auto& flow = network.add({.least_bps = 700'000, .most_bps = 700'000, .bursts = true});
    network.run(5s);
    network.set_stalls({2s, 50ms, 200ms, of_senders});
    int below = 0;
    for (int i = 0; i < 1200; ++i) {
      network.run(100ms);
      below += flow.estimator().target_bps() < 650'000 ? 1 : 0;
    }
    EXPECT_LT(below, 24) << "tenths of a second of 120 s";
  }
}

TEST(AnEstimate, FallsWhenNothingIsHeardOfWhatIsSent) {
  SendEstimator estimator;
  TimePoint now{1000s};
  for (int i = 0; i < 100; ++i) {
    estimator.on_sent(1000, now += 50ms);
    estimator.tick(now);
  }
  EXPECT_LT(estimator.target_bps(), 150'000);
}

TEST(AnEstimate, KnowsAReceiverThatNeverReports) {
  SendEstimator estimator;
  const TimePoint now{1000s};
  EXPECT_FALSE(estimator.never_hears(now + 10s));
  estimator.on_sent(1000, now);
  EXPECT_FALSE(estimator.never_hears(now + 1s));
  EXPECT_TRUE(estimator.never_hears(now + 4s));
}

TEST(AnEstimate, StaysWhenNothingIsSent) {
  SendEstimator estimator;
  for (int i = 0; i < 100; ++i) estimator.tick(TimePoint(1000s) + i * 100ms);
  EXPECT_EQ(estimator.target_bps(), RateLimits{}.start_bps);
}

// A receiver that lies hurts itself, within limits.
TEST(AnEstimate, SurvivesRubbish) {
  std::minstd_rand random(3);
  SendEstimator estimator;
  estimator.set_wanted(1e9);
  TimePoint now{1000s};
  for (int round = 0; round < 3000; ++round) {
    now += std::chrono::milliseconds(random() % 200);
    for (size_t i = random() % 20; i > 0; --i) estimator.on_sent(random() % 1500, now);
    std::vector<uint8_t> bytes{0x8f, 205, 0, 7};
    for (int i = 0; i < 28; ++i) bytes.push_back(static_cast<uint8_t>(random() % 7 == 0 ? random() : 0x20));
    RtcpReader reader(bytes);
    if (const auto feedback = TransportFeedbackReader::parse(*reader.next())) {
      estimator.on_feedback(*feedback, now);
    }
    estimator.tick(now);
    ASSERT_GE(estimator.target_bps(), RateLimits{}.least_bps);
    ASSERT_LE(estimator.target_bps(), RateLimits{}.most_bps);
    ASSERT_LT(estimator.padding_due(now), 1'000'000u);
  }
}

}  // namespace
}  // namespace kms::rtc
