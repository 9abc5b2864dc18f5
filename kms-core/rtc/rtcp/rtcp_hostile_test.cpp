// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "kms-core/rtc/rtcp/nack_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_reader.hpp"

namespace kms::rtc {
namespace {

using Datagram = std::vector<uint8_t>;

bool whole(const Datagram& datagram) {
  RtcpReader reader(datagram);
  while (reader.next()) {
  }
  return reader.ok();
}

RtcpPacket feedback(const Datagram& body) { return {rtcp::kTransportFeedback, rtcp::kTransportCc, body}; }

TEST(RtcpHostile, WrongVersionsAndLengthsEndTheWalk) {
  EXPECT_FALSE(whole({0x40, 201, 0, 1, 0, 0, 0, 1}));
  EXPECT_FALSE(whole({0x80, 201, 0, 2, 0, 0, 0, 1}));
  EXPECT_FALSE(whole({0x80, 201, 0}));
  EXPECT_FALSE(whole({0x80, 201, 0xff, 0xff, 0, 0, 0, 1}));
}

TEST(RtcpHostile, RubbishBehindAGoodPacketKeepsTheGoodOne) {
  const Datagram datagram{0x80, 201, 0, 1, 0, 0, 0, 1, 0x12, 0x34};
  RtcpReader reader(datagram);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.next()) << "it stays at the end";
}

TEST(RtcpHostile, ImpossiblePaddingIsRefused) {
  EXPECT_FALSE(whole({0xa0, 201, 0, 1, 0, 0, 0, 0})) << "none";
  EXPECT_FALSE(whole({0xa0, 201, 0, 1, 0, 0, 0, 5})) << "into the header";
  EXPECT_FALSE(whole({0xa0, 201, 0, 1, 0, 0, 0, 4, 0x80, 201, 0, 1, 0, 0, 0, 1})) << "not the last packet";
}

TEST(RtcpHostile, CountsBeyondTheBodyGiveNothing) {
  const Datagram body(8);
  EXPECT_FALSE(read_report_block({rtcp::kReceiverReport, 31, body}, 0));
  EXPECT_FALSE(read_sender_info({rtcp::kSenderReport, 0, body}));
  EXPECT_FALSE(read_bye({rtcp::kBye, 31, body}, 2));
  EXPECT_FALSE(read_feedback_head({rtcp::kPayloadFeedback, rtcp::kPli, Bytes(body).first(7)}));
  EXPECT_FALSE(is_pli({rtcp::kPayloadFeedback, rtcp::kPli, Bytes(body).first(7)}));
}

TEST(RtcpHostile, NamesThatOverrunGiveNothing) {
  EXPECT_FALSE(read_cname({rtcp::kSourceDescription, 1, Datagram{0, 0, 0, 1, 1, 200, 'a', 0}}, 0));
  EXPECT_FALSE(read_cname({rtcp::kSourceDescription, 1, Datagram{0, 0, 0, 1, 1}}, 0));
  EXPECT_FALSE(read_cname({rtcp::kSourceDescription, 2, Datagram{0, 0, 0, 1, 1, 1, 'a', 0}}, 1));
}

TEST(RtcpHostile, RembListsMustBeInside) {
  const Datagram body{0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 200, 0, 0, 1};
  EXPECT_FALSE(read_remb({rtcp::kPayloadFeedback, rtcp::kRemb, body}));
  Datagram huge{0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 0, 0xff, 0xff, 0xff};
  EXPECT_EQ(read_remb({rtcp::kPayloadFeedback, rtcp::kRemb, huge})->bitrate_bps, ~uint64_t{0});
}

TEST(RtcpHostile, NacksWithoutEntriesAskForNothing) {
  EXPECT_FALSE(NackReader({rtcp::kTransportFeedback, rtcp::kNack, Datagram(4)}).next());
  EXPECT_FALSE(NackReader({rtcp::kTransportFeedback, rtcp::kNack, Datagram(11)}).next());
  EXPECT_FALSE(NackReader({rtcp::kPayloadFeedback, rtcp::kNack, Datagram(12)}).next());
}

TEST(RtcpHostile, TransportFeedbackMustHoldItsChunksAndDeltas) {
  const Datagram head{0, 0, 0, 1, 0, 0, 0, 2, 0, 9};
  const auto with = [&](std::initializer_list<uint8_t> rest) {
    auto body = head;
    body.insert(body.end(), rest);
    return TransportFeedbackReader::parse(feedback(body)).has_value();
  };
  EXPECT_TRUE(with({0, 3, 0, 0, 1, 0, 0x20, 3, 1, 2, 3, 0}));
  EXPECT_FALSE(with({0, 3, 0, 0, 1, 0, 0x20, 3, 1, 2})) << "a delta is missing";
  EXPECT_FALSE(with({0, 3, 0, 0, 1, 0, 0x20})) << "half a chunk";
  EXPECT_FALSE(with({0, 3, 0, 0, 1, 0, 0x20, 2, 1, 2})) << "a chunk is missing";
  EXPECT_FALSE(with({0xff, 0xff, 0, 0, 1, 0, 0x00, 0x00, 0, 0})) << "chunks that cover nothing";
  EXPECT_FALSE(with({0xff, 0xff, 0, 0}));
  EXPECT_TRUE(with({0x10, 0x00, 0, 0, 1, 0, 0x10, 0x00})) << "4096 lost ones";
  EXPECT_FALSE(with({0x10, 0x01, 0, 0, 1, 0, 0x10, 0x01})) << "a small packet that costs much time";
}

}  // namespace
}  // namespace kms::rtc
