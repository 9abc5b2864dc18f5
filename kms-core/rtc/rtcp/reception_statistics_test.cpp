// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/reception_statistics.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

TEST(ReceptionStatistics, HasNoBlockBeforeTheFirstPacket) {
  ReceptionStatistics statistics(90000);
  EXPECT_FALSE(statistics.report(1, TimePoint(1s)));
}

TEST(ReceptionStatistics, CountsLossesOfTheIntervalAndInAll) {
  ReceptionStatistics statistics(90000);
  for (const uint16_t sequence : std::vector<uint16_t>{65534, 65535, 1, 2})
    statistics.on_packet(sequence, 0, TimePoint(1s));
  auto block = statistics.report(9, TimePoint(1s));
  ASSERT_TRUE(block);
  EXPECT_EQ(block->ssrc, 9u);
  EXPECT_EQ(block->fraction_lost, 256 / 5);
  EXPECT_EQ(block->cumulative_lost, 1);
  EXPECT_EQ(block->highest_sequence, 65538u);

  statistics.on_packet(3, 0, TimePoint(1s));
  block = statistics.report(9, TimePoint(2s));
  EXPECT_EQ(block->fraction_lost, 0);
  EXPECT_EQ(block->cumulative_lost, 1);
}

TEST(ReceptionStatistics, DuplicatesMakeTheLossNegative) {
  ReceptionStatistics statistics(90000);
  for (int i = 0; i < 3; ++i) statistics.on_packet(7, 0, TimePoint(1s));
  const auto block = statistics.report(9, TimePoint(1s));
  EXPECT_EQ(block->cumulative_lost, -2);
  EXPECT_EQ(block->fraction_lost, 0);
}

TEST(ReceptionStatistics, SteadyPacketsHaveNoJitterAndUnsteadyOnesDo) {
  ReceptionStatistics steady(48000), unsteady(48000);
  for (uint16_t i = 0; i < 500; ++i) {
    const auto at = TimePoint(1s) + i * 20ms;
    steady.on_packet(i, i * 960u, at);
    unsteady.on_packet(i, i * 960u, at + (i % 2 ? 5ms : 0ms));
  }
  EXPECT_LE(steady.report(1, TimePoint(20s))->jitter, 1u);
  EXPECT_NEAR(unsteady.report(1, TimePoint(20s))->jitter, 240, 15) << "5 ms at 48 kHz";
}

TEST(ReceptionStatistics, ARestartedClockIsNoJitter) {
  ReceptionStatistics statistics(90000);
  statistics.on_packet(1, 1000, TimePoint(1s));
  statistics.on_packet(2, 0x80000000, TimePoint(1s));
  EXPECT_EQ(statistics.report(1, TimePoint(1s))->jitter, 0u);
}

TEST(ReceptionStatistics, SaysHowLongAgoTheSenderReportCame) {
  ReceptionStatistics statistics(90000);
  statistics.on_packet(1, 0, TimePoint(1s));
  EXPECT_EQ(statistics.report(1, TimePoint(1s))->last_sr, 0u);
  statistics.on_sender_report({.ssrc = 1, .ntp = 0x0011223344556677}, TimePoint(1s));
  const auto block = statistics.report(1, TimePoint(1500ms));
  EXPECT_EQ(block->last_sr, 0x22334455u);
  EXPECT_EQ(block->delay_since_last_sr, 32768u);
}

TEST(RoundTrip, IsWhatIsLeftOfTheTimeSinceTheReport) {
  const ReportBlock block{.last_sr = 0x00100000, .delay_since_last_sr = 65536};
  const uint64_t two_seconds_later = uint64_t{0x00100000 + 2 * 65536} << 16;
  EXPECT_EQ(round_trip_of(block, two_seconds_later), Duration(1s));
}

TEST(RoundTrip, IsNotTakenFromForgedBlocks) {
  EXPECT_FALSE(round_trip_of({.last_sr = 0}, 1));
  EXPECT_FALSE(round_trip_of({.last_sr = 1, .delay_since_last_sr = 0}, uint64_t{0x10000000} << 16));
  EXPECT_FALSE(round_trip_of({.last_sr = 0x10000000, .delay_since_last_sr = 0}, uint64_t{1} << 16));
}

}  // namespace
}  // namespace kms::rtc
