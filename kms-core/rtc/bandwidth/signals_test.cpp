// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "kms-core/rtc/bandwidth/acknowledged_rate.hpp"
#include "kms-core/rtc/bandwidth/delay_trend.hpp"
#include "kms-core/rtc/bandwidth/loss_bound.hpp"
#include "kms-core/rtc/bandwidth/overuse_detector.hpp"
#include "kms-core/rtc/bandwidth/own_queue.hpp"
#include "kms-core/rtc/bandwidth/repair_budget.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kFirst{1000s};

TEST(DelayTrend, SeesADelayGrowAndTheQueueBehindIt) {
  DelayTrend trend;
  for (int i = 0; i <= 20; ++i) trend.on_arrival(i * 30, 500 + i * 3);
  EXPECT_NEAR(trend.growth_ms(), 60, 1) << "a tenth of the window";
  EXPECT_NEAR(trend.queue_ms(), 54, 1) << "the least of the last three";
}

TEST(DelayTrend, SeesNothingInAnEvenDelayOfAnySize) {
  DelayTrend trend;
  for (int i = 0; i <= 20; ++i) trend.on_arrival(i * 30, -1e9);
  EXPECT_NEAR(trend.growth_ms(), 0, 1e-3);
  EXPECT_EQ(trend.queue_ms(), 0);
}

TEST(DelayTrend, TakesNoNoticeOfPacketsThatWaitForTheirOwnFrame) {
  DelayTrend trend;
  for (int frame = 0; frame < 20; ++frame) {
    for (int packet = 0; packet < frame; ++packet) trend.on_arrival(frame * 33, 40 + packet * 10);
    trend.on_arrival(frame * 33, 40);
  }
  EXPECT_EQ(trend.growth_ms(), 0);
}

// Frames of 150 ms that come together: the first has waited for 150 ms, the last not at all.
TEST(DelayTrend, TakesNoNoticeOfWhatWasHeldUpTogether) {
  DelayTrend trend;
  for (int i = 0; i < 10; ++i) trend.on_arrival(i * 30, 40);
  for (int i = 10; i <= 15; ++i) trend.on_arrival(i * 30, 40 + (15 - i) * 30);
  EXPECT_NEAR(trend.growth_ms(), 0, 1e-9);
  EXPECT_EQ(trend.queue_ms(), 0);
  trend.on_arrival(16 * 30, 40);
  EXPECT_NEAR(trend.growth_ms(), 0, 1e-9);
}

TEST(DelayTrend, SeesTheQueueOfALinkThatSendsOnlyWhatItCan) {
  DelayTrend trend;
  for (int i = 0; i < 10; ++i) trend.on_arrival(i * 30, 40);
  for (int i = 10; i <= 15; ++i) trend.on_arrival(i * 30, 190 - (i - 10) * 10);
  EXPECT_GT(trend.growth_ms(), 50);
  EXPECT_EQ(trend.queue_ms(), 100);
}

TEST(DelayTrend, BeginsAnewButRemembersTheShortestWay) {
  DelayTrend trend;
  for (int i = 0; i <= 20; ++i) trend.on_arrival(i * 30, 50 + i * 5);
  trend.restart(600);
  trend.on_arrival(590, 900);
  EXPECT_EQ(trend.growth_ms(), 0);
  trend.on_arrival(620, 90);
  EXPECT_EQ(trend.queue_ms(), 40);
}

TEST(DelayTrend, ForgetsAWayThatIsNoMore) {
  DelayTrend trend;
  for (int i = 0; i < 100; ++i) trend.on_arrival(i * 30, 10);
  for (int i = 100; i < 1000; ++i) trend.on_arrival(i * 30, 80);
  EXPECT_EQ(trend.queue_ms(), 0);
}

TEST(DelayTrend, BeginsAnewWhenTheReceiversClockJumps) {
  DelayTrend trend;
  for (int i = 0; i < 20; ++i) trend.on_arrival(i * 30, 10);
  for (int i = 20; i < 40; ++i) trend.on_arrival(i * 30, 1e7);
  EXPECT_EQ(trend.queue_ms(), 0);
  EXPECT_NEAR(trend.growth_ms(), 0, 1e-3);
}

TEST(OveruseDetector, TellsAGrowingQueueFromAnEvenOne) {
  OveruseDetector detector;
  auto now = kFirst;
  EXPECT_EQ(detector.update({0, 0}, now), LinkUse::kNormal);
  EXPECT_EQ(detector.update({20, 30}, now += 100ms), LinkUse::kNormal) << "once may be chance";
  EXPECT_EQ(detector.update({22, 40}, now += 100ms), LinkUse::kOver);
  EXPECT_EQ(detector.update({-30, 20}, now += 100ms), LinkUse::kUnder);
}

TEST(OveruseDetector, WaitsForNothingWhereItIsClear) {
  OveruseDetector detector;
  detector.update({0, 0}, kFirst);
  EXPECT_EQ(detector.update({100, 120}, kFirst + 100ms), LinkUse::kOver);
}

TEST(OveruseDetector, MindsAQueueThatStandsStill) {
  OveruseDetector detector;
  auto now = kFirst;
  auto use = LinkUse::kNormal;
  for (int i = 0; i < 4; ++i) use = detector.update({0, 150}, now += 100ms);
  EXPECT_EQ(use, LinkUse::kOver);
}

TEST(OveruseDetector, GetsUsedToJitter) {
  OveruseDetector detector;
  auto now = kFirst;
  for (int i = 0; i < 600; ++i) detector.update({i % 2 == 0 ? 30.0 : -30.0, 20}, now += 100ms);
  EXPECT_GT(detector.threshold_ms(), 20);
  int over = 0;
  for (int i = 0; i < 100; ++i) {
    over += detector.update({i % 2 == 0 ? 30.0 : -30.0, 20}, now += 100ms) == LinkUse::kOver ? 1 : 0;
  }
  EXPECT_EQ(over, 0);
}

constexpr double kMegabit = 1'000'000;

TEST(OwnQueue, ExplainsWhatABurstOfOursMakesForAsLongAsItLasts) {
  OwnQueue queue;
  for (int i = 0; i < 12; ++i) queue.on_sent(kFirst, 1250, kMegabit);  // 120 ms of the way
  EXPECT_TRUE(queue.explains(120, kMegabit));
  EXPECT_TRUE(queue.explains(240, kMegabit)) << "others' as well";
  EXPECT_FALSE(queue.explains(500, kMegabit));
  queue.on_sent(kFirst + 100ms, 100, kMegabit);
  EXPECT_FALSE(queue.explains(120, kMegabit)) << "it has left";
}

TEST(OwnQueue, ExplainsNothingWhereNoMoreGoesOutThanTheWayBears) {
  OwnQueue queue;
  auto now = kFirst;
  for (int i = 0; i < 300; ++i) queue.on_sent(now += 10ms, 1250, kMegabit);
  EXPECT_FALSE(queue.explains(30, kMegabit));
}

TEST(AcknowledgedRate, CountsWhatArrivesPerSecond) {
  AcknowledgedRate rate;
  EXPECT_EQ(rate.bps(20), 0);
  for (int64_t ms = 0; ms < 2000; ms += 10) rate.on_arrival(ms * 4, 1250);
  EXPECT_NEAR(rate.bps(20), 1'000'000, 50'000);
  for (int64_t ms = 2000; ms < 2400; ms += 10) rate.on_arrival(ms * 4, 250);
  EXPECT_NEAR(rate.bps(8), 200'000, 10'000);
  EXPECT_GT(rate.bps(20), 300'000);
}

TEST(AcknowledgedRate, FallsWhenNothingCameForAWhile) {
  AcknowledgedRate rate;
  for (int64_t ms = 0; ms < 1000; ms += 10) rate.on_arrival(ms * 4, 1250);
  rate.on_arrival(1900 * 4, 1250);
  EXPECT_EQ(rate.bps(20), 0);
}

TEST(AcknowledgedRate, SurvivesClocksThatJumpAndRunBackwards) {
  AcknowledgedRate rate;
  for (const int64_t at : {int64_t{0}, int64_t{1} << 50, int64_t{-5}, int64_t{-4000}, -(int64_t{1} << 50)}) {
    rate.on_arrival(at, 1000);
    EXPECT_GE(rate.bps(20), 0);
  }
}

class LossOnALink : public testing::Test {
 protected:
  // A second with so many packets, reported ten times.
  double second(size_t lost_of_ten) {
    double factor = 1;
    for (int i = 0; i < 10; ++i) factor *= bound_.update(lost_of_ten, 10 - lost_of_ten, now_ += 100ms);
    return factor;
  }
  LossBound bound_;
  TimePoint now_ = kFirst;
};

TEST_F(LossOnALink, LowersTheRateWhereItIsMuch) {
  EXPECT_EQ(second(0), 1);
  EXPECT_LT(second(3), 0.9);
}

TEST_F(LossOnALink, IsItsOwnWhereItStays) {
  for (int i = 0; i < 20; ++i) second(2);
  EXPECT_EQ(second(2), 1);
  EXPECT_NEAR(bound_.usual(), 0.2, 0.02);
  second(0);
  second(0);
  EXPECT_LT(bound_.usual(), 0.06);
  EXPECT_LT(second(2), 1) << "and is news again after a while without";
}

TEST_F(LossOnALink, IsNotJudgedByAFewPackets) {
  EXPECT_EQ(bound_.update(1, 1, now_), 1);
  EXPECT_EQ(bound_.update(1, 1, now_ += 400ms), 1);
  EXPECT_EQ(bound_.loss(), 0);
}

TEST(RepairBudget, HoldsAKeyFrameAtFirstAndFillsWithHalfTheRate) {
  RepairBudget budget;
  budget.set_rate(160'000);
  EXPECT_TRUE(budget.take(19'000, kFirst));
  EXPECT_FALSE(budget.take(1200, kFirst));
  EXPECT_FALSE(budget.take(1200, kFirst + 10ms));
  EXPECT_TRUE(budget.take(1200, kFirst + 30ms));
}

TEST(RepairBudget, SavesNoMoreThanASecond) {
  RepairBudget budget;
  budget.set_rate(16'000'000);
  budget.take(1, kFirst);
  EXPECT_TRUE(budget.take(1'000'000, kFirst + 60s));
  EXPECT_FALSE(budget.take(1000, kFirst + 60s));
}

}  // namespace
}  // namespace kms::rtc
