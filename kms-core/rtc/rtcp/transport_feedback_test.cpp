// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_generator.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_reader.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

class TransportFeedback : public testing::Test {
 protected:
  using Arrivals = std::map<int64_t, std::optional<int64_t>>;  // by sequence, in 250 us

  // All feedback that is due, read back.
  Arrivals feedback() {
    Arrivals all;
    while (generator_.has_news()) {
      std::vector<uint8_t> out(1200);
      const size_t size = generator_.write({1, 2}, out);
      EXPECT_GT(size, 0u);
      if (size == 0) break;
      ++packets_;
      RtcpReader reader(Bytes(out).first(size));
      auto statuses = TransportFeedbackReader::parse(*reader.next());
      EXPECT_TRUE(statuses);
      EXPECT_EQ(statuses->feedback_count(), static_cast<uint8_t>(packets_ - 1));
      while (const auto status = statuses->next()) all[status->sequence] = status->arrival;
    }
    return all;
  }

  TimePoint start_{1000s};
  TransportFeedbackGenerator generator_;
  int packets_ = 0;
};

TEST_F(TransportFeedback, ReportsArrivalsWithAQuarterMillisecond) {
  generator_.on_packet(10, start_);
  generator_.on_packet(11, start_ + 5ms);
  generator_.on_packet(12, start_ + 100ms);

  const auto all = feedback();

  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(*all.at(11) - *all.at(10), 20);
  EXPECT_EQ(*all.at(12) - *all.at(11), 380) << "a large delta";
  EXPECT_FALSE(generator_.has_news());
  EXPECT_TRUE(feedback().empty());
}

TEST_F(TransportFeedback, ReportsLossesAlsoBetweenTwoReports) {
  generator_.on_packet(10, start_);
  generator_.on_packet(12, start_ + 1ms);
  auto all = feedback();
  EXPECT_FALSE(all.at(11));
  EXPECT_TRUE(all.at(12));

  generator_.on_packet(15, start_ + 2ms);
  all = feedback();

  ASSERT_EQ(all.size(), 3u);
  EXPECT_FALSE(all.at(13));
  EXPECT_FALSE(all.at(14));
  EXPECT_TRUE(all.at(15));
}

TEST_F(TransportFeedback, ReportsReorderedPacketsWithNegativeDeltas) {
  generator_.on_packet(10, start_);
  generator_.on_packet(12, start_ + 1ms);
  generator_.on_packet(11, start_ + 2ms);
  const auto all = feedback();
  EXPECT_EQ(*all.at(12) - *all.at(11), -4);
}

TEST_F(TransportFeedback, ReportsLatePacketsAfterAll) {
  generator_.on_packet(10, start_);
  generator_.on_packet(12, start_ + 1ms);
  feedback();
  generator_.on_packet(11, start_ + 50ms);
  EXPECT_TRUE(feedback().at(11));
}

TEST_F(TransportFeedback, WrapsAround) {
  generator_.on_packet(65534, start_);
  generator_.on_packet(65535, start_ + 1ms);
  generator_.on_packet(1, start_ + 2ms);
  const auto all = feedback();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_TRUE(all.at(65535));
  EXPECT_FALSE(all.at(0));
  EXPECT_TRUE(all.at(1));
}

TEST_F(TransportFeedback, SplitsWhereADeltaCannotReach) {
  generator_.on_packet(1, start_);
  generator_.on_packet(2, start_ + 20s);
  const auto all = feedback();
  EXPECT_EQ(packets_, 2);
  EXPECT_EQ(*all.at(2) - *all.at(1), 80'000);
}

TEST_F(TransportFeedback, KeepsWorkingWhenItsClockWrapsAround) {
  uint16_t sequence = 0;
  for (int day = 0; day < 40; ++day) {
    start_ += 24h;
    generator_.on_packet(sequence++, start_);
    generator_.on_packet(sequence++, start_ + 3ms);
    const auto all = feedback();
    ASSERT_EQ(*all.at(sequence - 1) - *all.at(sequence - 2), 12) << day;
  }
}

TEST_F(TransportFeedback, DoesNotWriteIntoTooSmallABuffer) {
  generator_.on_packet(1, start_);
  std::vector<uint8_t> small(20);
  EXPECT_EQ(generator_.write({1, 2}, small), 0u);
  EXPECT_TRUE(generator_.has_news());
  EXPECT_EQ(feedback().size(), 1u);
}

TEST_F(TransportFeedback, JumpsOverALongGap) {
  generator_.on_packet(1, start_);
  feedback();
  generator_.on_packet(20'000, start_ + 1s);
  const auto all = feedback();
  EXPECT_TRUE(all.at(20'000));
  EXPECT_LE(all.size(), 1024u);
}

// Whatever is lost and mixed up: what the sender reads is what arrived.
TEST_F(TransportFeedback, AgreesWithWhatArrivedOverManyPatterns) {
  std::minstd_rand random(5);
  uint16_t sequence = 0;
  auto now = start_;
  for (int round = 0; round < 300; ++round) {
    std::map<int64_t, TimePoint> sent;
    const auto loss = random() % 100;
    for (int i = 0; i < 40; ++i, ++sequence) {
      now += std::chrono::microseconds(random() % 4 == 0 ? random() % 90'000 : random() % 2'000);
      if (random() % 100 < loss) continue;
      generator_.on_packet(sequence, now);
      sent[sequence] = now;
    }
    std::optional<int64_t> offset;
    for (const auto& [number, arrival] : feedback()) {
      ASSERT_EQ(arrival.has_value(), sent.contains(number)) << number;
      if (!arrival) continue;
      const auto ticks = (sent[number] - start_) / 250us;
      if (!offset) offset = *arrival - ticks;
      ASSERT_NEAR(static_cast<double>(*arrival - ticks), static_cast<double>(*offset), 1.0) << number;
    }
  }
}

// Chunks of all kinds, of which the last may say more than is asked: a packet is good if the deltas that its
// symbols tell of are there to the last byte, and what is read of it ends with them.
TEST(TransportFeedbackReader, NeedsAsManyDeltasAsItsSymbolsTell) {
  std::minstd_rand random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> body(16);
    std::vector<int> symbols;
    const auto count = static_cast<uint16_t>(1 + random() % 60);
    while (symbols.size() < count) {
      auto chunk = static_cast<uint16_t>(random());
      if (chunk < 0x8000) chunk = static_cast<uint16_t>((chunk & 0x6000) | (1 + chunk % 20));
      body.push_back(static_cast<uint8_t>(chunk >> 8));
      body.push_back(static_cast<uint8_t>(chunk));
      const int bits = chunk < 0x8000 ? 0 : chunk < 0xc000 ? 1 : 2;
      const int in_chunk = bits == 0 ? chunk & 0x1fff : 14 / bits;
      for (int i = 1; i <= in_chunk; ++i) {
        const int shift = bits == 0 ? 13 : 14 - bits * i;
        symbols.push_back(chunk >> shift & (bits == 1 ? 1 : 3));
      }
    }
    store_u16(&body[8], 100);
    store_u16(&body[10], count);
    size_t deltas = 0;
    int64_t arrival = 0;
    for (int i = 0; i < count; ++i) deltas += symbols[i] == 3 ? 0 : static_cast<size_t>(symbols[i]);
    body.insert(body.end(), deltas, 1);
    const RtcpPacket packet{rtcp::kTransportFeedback, rtcp::kTransportCc, body};

    auto feedback = TransportFeedbackReader::parse(packet);
    ASSERT_TRUE(feedback) << round;
    for (int i = 0; i < count; ++i) {
      const auto status = feedback->next();
      ASSERT_TRUE(status);
      const bool arrived = symbols[i] == 1 || symbols[i] == 2;
      ASSERT_EQ(status->arrival.has_value(), arrived) << round << ": " << i;
      if (!arrived) continue;
      arrival += symbols[i] == 1 ? 1 : 0x101;
      EXPECT_EQ(*status->arrival, arrival);
    }
    EXPECT_FALSE(feedback->next());
    if (deltas == 0) continue;
    const RtcpPacket cut{packet.type, packet.count, Bytes(body).first(body.size() - 1)};
    EXPECT_FALSE(TransportFeedbackReader::parse(cut)) << round;
  }
}

}  // namespace
}  // namespace kms::rtc
