// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/rate_control.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/bandwidth/probe.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

class RateOfALink : public testing::Test {
 protected:
  RateOfALink() { step(LinkUse::kNormal, 0, 300'000); }

  void step(LinkUse use, double queue_ms, double acked_bps) {
    now_ += 100ms;
    control_.update({use, queue_ms, acked_bps, acked_bps, now_ - delay_}, now_);
  }
  double rate() const { return control_.target_bps(); }

  TimePoint now_{1000s};
  Duration delay_ = 50ms;
  RateControl control_{RateLimits{}};
};

TEST_F(RateOfALink, RisesByATenthPerSecond) {
  for (int i = 0; i < 10; ++i) step(LinkUse::kNormal, 0, rate());
  EXPECT_NEAR(rate(), 330'000, 5'000);
}

TEST_F(RateOfALink, DoesNotRiseOverWhatIsHardlyUsed) {
  for (int i = 0; i < 200; ++i) step(LinkUse::kNormal, 0, 100'000);
  EXPECT_EQ(rate(), 300'000);
}

TEST_F(RateOfALink, IsAtOnceWhatArrivesWithoutAQueue) {
  step(LinkUse::kNormal, 30, 2'000'000);
  EXPECT_LT(rate(), 400'000);
  step(LinkUse::kNormal, 5, 2'000'000);
  EXPECT_EQ(rate(), 1'800'000);
}

TEST_F(RateOfALink, FallsBelowWhatArrivesAndReturnsWhenTheQueueIsEmpty) {
  step(LinkUse::kOver, 60, 250'000);
  EXPECT_NEAR(rate(), 212'500, 1'000);
  step(LinkUse::kNormal, 60, 250'000);
  step(LinkUse::kUnder, 60, 250'000);
  EXPECT_NEAR(rate(), 212'500, 1'000);
  step(LinkUse::kNormal, 5, 210'000);
  EXPECT_NEAR(rate(), 237'500, 5'000);
}

TEST_F(RateOfALink, FallsFurtherTheLongerTheQueueIs) {
  step(LinkUse::kOver, 500, 250'000);
  EXPECT_NEAR(rate(), 125'000, 1'000);
}

TEST_F(RateOfALink, FallsOnceForWhatWasSentBefore) {
  delay_ = 350ms;
  for (int i = 0; i < 4; ++i) step(LinkUse::kOver, 60, 250'000);
  const double once = rate();
  step(LinkUse::kOver, 60, 150'000);
  EXPECT_LT(rate(), once * 0.9);
}

TEST_F(RateOfALink, IsWhatAProbeFound) {
  control_.on_probe(900'000, false);
  EXPECT_EQ(rate(), 900'000);
  control_.on_probe(500'000, false);
  EXPECT_EQ(rate(), 900'000) << "a slower probe says nothing of what is faster";
  control_.on_probe(2'000'000, true);
  EXPECT_NEAR(rate(), 1'760'000, 1) << "others' packets made way for some of it";
  control_.on_probe(2'100'000, true);
  EXPECT_NEAR(rate(), 1'760'000, 1);
}

// A key frame, or another's probe.
TEST_F(RateOfALink, KeepsWhatWasBorneThroughAShortQueue) {
  control_.on_probe(2'000'000, false);
  for (int i = 0; i < 10; ++i) step(LinkUse::kNormal, 0, 700'000);
  step(LinkUse::kOver, 60, 500'000);
  EXPECT_NEAR(rate(), 660'000, 40'000) << "nothing of 2 Mbit/s, all of what was sent";
  step(LinkUse::kUnder, 40, 700'000);
  step(LinkUse::kNormal, 0, 700'000);
  EXPECT_GT(rate(), 620'000);
}

TEST_F(RateOfALink, GivesUpWhatWasBorneIfTheQueueStays) {
  control_.on_probe(2'000'000, false);
  for (int i = 0; i < 10; ++i) step(LinkUse::kNormal, 0, 700'000);
  step(LinkUse::kOver, 60, 700'000);
  step(LinkUse::kOver, 90, 600'000);
  EXPECT_LT(rate(), 0.86 * 600'000);
}

TEST_F(RateOfALink, GivesUpWhatWasBorneAtOnceForALongQueue) {
  control_.on_probe(2'000'000, false);
  for (int i = 0; i < 10; ++i) step(LinkUse::kNormal, 0, 700'000);
  step(LinkUse::kOver, 150, 300'000);
  EXPECT_LT(rate(), 0.86 * 300'000);
}

TEST_F(RateOfALink, OfWhichNobodyTriedIsHalfBelievedAgainstAFullProbe) {
  control_.on_probe(2'000'000, false);
  step(LinkUse::kNormal, 0, 700'000);
  control_.on_probe(1'000'000, true);
  EXPECT_NEAR(rate(), 1'440'000, 1'000);
  for (int i = 0; i < 20; ++i) control_.on_probe(100'000, true);
  EXPECT_GT(rate(), 690'000) << "what is sent is borne";
}

TEST_F(RateOfALink, IsNotWhatTheLinkTookBeforeMuchWasLost) {
  control_.on_probe(4'000'000, true);
  const double before = rate();
  step(LinkUse::kOver, 60, before);
  for (int i = 0; i < 6; ++i) control_.on_loss(0.5, now_);
  now_ += 1s;
  step(LinkUse::kNormal, 0, rate());
  EXPECT_LT(rate(), before / 20);
}

TEST_F(RateOfALink, StaysWithinItsLimits) {
  control_.on_probe(1e12, false);
  EXPECT_EQ(rate(), RateLimits{}.most_bps);
  for (int i = 0; i < 40; ++i) control_.on_silence();
  EXPECT_EQ(rate(), RateLimits{}.least_bps);
}

class AProbe : public testing::Test {
 protected:
  // Sends what is due every millisecond, and lets it arrive at `bps`; every n-th is lost.
  std::optional<Probe::Result> run(double bps, double link_bps, int lost_of = 0) {
    probe_.begin(bps, 1e9, now_);
    double free_ms = 0;
    std::vector<SentPacket> sent;
    for (int ms = 0; probe_.is_sending() && ms < 1000; ++ms) {
      const auto at = now_ + ms * 1ms;
      while (probe_.due(at) > 0) {
        sent.push_back({at, 1000, probe_.cluster()});
        probe_.on_sent(1000, at);
      }
    }
    EXPECT_FALSE(probe_.take_result(now_ + 500ms)) << "nothing has been heard yet";
    int number = 0;
    for (const auto& packet : sent) {
      free_ms = std::max(free_ms, std::chrono::duration<double, std::milli>(packet.sent_at - now_).count());
      free_ms += 8'000'000 / link_bps;
      if (lost_of > 0 && ++number % lost_of == 0) {
        probe_.on_lost(packet);
      } else {
        probe_.on_arrived(packet, static_cast<int64_t>(free_ms * 4) + 12'345);
      }
    }
    return probe_.take_result(now_ + 500ms);
  }

  Probe probe_;
  TimePoint now_{1000s};
};

TEST_F(AProbe, FindsThatALinkBearsIt) {
  const auto result = run(2'000'000, 10'000'000);
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->bps, 2'000'000, 200'000);
  EXPECT_FALSE(result->link_full);
}

TEST_F(AProbe, FindsTheRateOfALinkThatDoesNot) {
  const auto result = run(4'000'000, 1'000'000);
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->bps, 1'000'000, 50'000);
  EXPECT_TRUE(result->link_full);
}

TEST_F(AProbe, IsNotMisledByALossOnTheWay) {
  const auto result = run(2'000'000, 10'000'000, 4);
  ASSERT_TRUE(result);
  EXPECT_GT(result->bps, 1'600'000);
  EXPECT_FALSE(result->link_full);
}

TEST_F(AProbe, SaysNothingWhenTooLittleArrives) { EXPECT_FALSE(run(2'000'000, 10'000'000, 1)); }

// It was held up with all else, and the link says nothing.
TEST_F(AProbe, SaysNothingWhenItComesAllAtOnce) {
  probe_.begin(2'000'000, 1e9, now_);
  std::vector<SentPacket> sent;
  for (auto at = now_; probe_.is_sending(); at += 4ms) {
    sent.push_back({at, 1000, probe_.cluster()});
    probe_.on_sent(1000, at);
  }
  for (const auto& packet : sent) probe_.on_arrived(packet, 1000);
  EXPECT_FALSE(probe_.take_result(now_ + 500ms));
  EXPECT_FALSE(probe_.is_under_way());
}

TEST_F(AProbe, EndsByItselfWhenNobodySendsOrHears) {
  probe_.begin(2'000'000, 1e9, now_);
  EXPECT_TRUE(probe_.is_under_way());
  EXPECT_FALSE(probe_.take_result(now_ + 2s));
  EXPECT_FALSE(probe_.is_under_way());
  EXPECT_EQ(probe_.due_at(), TimePoint::max());
}

TEST_F(AProbe, CountsWhatIsItsOwnAlone) {
  run(2'000'000, 10'000'000);
  const uint8_t before = probe_.cluster();
  probe_.begin(1'000'000, 1e9, now_);
  for (int i = 0; i < 20; ++i) probe_.on_arrived({now_, 1000, before}, i);
  EXPECT_TRUE(probe_.is_sending());
  EXPECT_FALSE(probe_.take_result(now_ + 2s));
}

}  // namespace
}  // namespace kms::rtc
