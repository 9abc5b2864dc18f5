// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "kms-core/rtc/rtcp/nack_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"

namespace kms::rtc {
namespace {

std::vector<uint16_t> nacked(const RtcpPacket& packet) {
  std::vector<uint16_t> sequences;
  NackReader reader(packet);
  while (const auto sequence = reader.next()) sequences.push_back(*sequence);
  return sequences;
}

class Rtcp : public testing::Test {
 protected:
  // The packets written so far.
  std::vector<RtcpPacket> packets() {
    RtcpReader reader(Bytes(buffer_).first(writer_.size()));
    std::vector<RtcpPacket> all;
    while (const auto packet = reader.next()) all.push_back(*packet);
    EXPECT_TRUE(reader.ok());
    return all;
  }

  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(1200);
  RtcpWriter writer_{buffer_};
};

TEST_F(Rtcp, ReadsACompoundOfReportAndName) {
  const ReportBlock block{.ssrc = 7,
                          .fraction_lost = 3,
                          .cumulative_lost = -5,
                          .highest_sequence = 0x10002,
                          .jitter = 9,
                          .last_sr = 0xaabbccdd,
                          .delay_since_last_sr = 12};
  ASSERT_TRUE(writer_.sender_report({1, 0x0102030405060708, 3, 4, 5}, {&block, 1}));
  ASSERT_TRUE(writer_.cname({1, "name@host"}));

  const auto all = packets();

  ASSERT_EQ(all.size(), 2u);
  const auto info = read_sender_info(all[0]);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->ntp, 0x0102030405060708u);
  EXPECT_EQ(info->octets, 5u);
  const auto read = read_report_block(all[0], 0);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ssrc, 7u);
  EXPECT_EQ(read->cumulative_lost, -5);
  EXPECT_EQ(read->highest_sequence, 0x10002u);
  EXPECT_EQ(read->delay_since_last_sr, 12u);
  EXPECT_FALSE(read_report_block(all[0], 1));
  EXPECT_EQ(read_cname(all[1], 0)->cname, "name@host");
  EXPECT_EQ(read_cname(all[1], 0)->ssrc, 1u);
}

TEST_F(Rtcp, ReadsTheExampleOfReceiverReportAndBye) {
  const ReportBlock blocks[2] = {{.ssrc = 1}, {.ssrc = 2, .jitter = 8}};
  writer_.receiver_report(99, blocks);
  writer_.bye(99);
  const auto all = packets();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(read_report_block(all[0], 1)->jitter, 8u);
  EXPECT_EQ(read_bye(all[1], 0), 99u);
  EXPECT_FALSE(read_bye(all[1], 1));
}

TEST_F(Rtcp, NacksShareEntriesAndWrapAround) {
  const std::vector<uint16_t> lost{65530, 65535, 0, 10, 11, 100};
  ASSERT_TRUE(writer_.nack({1, 2}, lost));
  const auto all = packets();
  EXPECT_EQ(nacked(all[0]), lost);
  EXPECT_EQ(all[0].body.size(), 8u + 3 * 4) << "65530 takes 65535, 0 and 10 along; 11 and 100 stand alone";
  EXPECT_EQ(read_feedback_head(all[0])->media_ssrc, 2u);
  EXPECT_FALSE(writer_.nack({1, 2}, {}));
}

TEST_F(Rtcp, AsksForKeyFramesBothWays) {
  writer_.pli({1, 2});
  writer_.fir(1, {.ssrc = 2, .sequence = 200});
  const auto all = packets();
  EXPECT_TRUE(is_pli(all[0]));
  EXPECT_EQ(read_feedback_head(all[0])->media_ssrc, 2u);
  EXPECT_FALSE(is_pli(all[1]));
  EXPECT_EQ(read_fir(all[1], 0)->ssrc, 2u);
  EXPECT_EQ(read_fir(all[1], 0)->sequence, 200);
  EXPECT_FALSE(read_fir(all[1], 1));
}

TEST_F(Rtcp, CarriesABitrateWithinItsPrecision) {
  for (const uint64_t bps : {0ull, 1ull, 262'143ull, 1'500'000ull, 4'000'000'000'000ull}) {
    RtcpWriter writer(buffer_);
    Remb remb{.bitrate_bps = bps};
    remb.ssrcs[0] = 5;
    remb.ssrc_count = 1;
    ASSERT_TRUE(writer.remb(1, remb));
    const auto read = read_remb(*RtcpReader(Bytes(buffer_).first(writer.size())).next());
    ASSERT_TRUE(read);
    EXPECT_NEAR(static_cast<double>(read->bitrate_bps), static_cast<double>(bps),
                static_cast<double>(bps) / 100'000);
    EXPECT_EQ(read->ssrcs[0], 5u);
  }
}

TEST_F(Rtcp, AcceptsReducedSizeAndPaddingOfTheLastPacket) {
  writer_.pli({1, 2});
  std::vector<uint8_t> padded(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(writer_.size()));
  padded[0] |= 0x20;
  padded[3] = 3;
  padded.insert(padded.end(), {0, 0, 0, 4});
  RtcpReader reader(padded);
  const auto packet = reader.next();
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->body.size(), 8u);
  EXPECT_TRUE(is_pli(*packet));
}

TEST_F(Rtcp, WritesNothingThatDoesNotFit) {
  std::vector<uint8_t> small(20);
  RtcpWriter writer(small);
  EXPECT_FALSE(writer.sender_report({}, {}));
  EXPECT_TRUE(writer.pli({1, 2}));
  EXPECT_FALSE(writer.pli({1, 2}));
  EXPECT_EQ(writer.size(), 12u);
}

TEST_F(Rtcp, NamesOfEveryLengthComeBack) {
  for (size_t size = 1; size <= 255; ++size) {
    RtcpWriter writer(buffer_);
    const std::string name(size, 'n');
    ASSERT_TRUE(writer.cname({1, name}));
    ASSERT_EQ(writer.size() % 4, 0u);
    const auto packet = RtcpReader(Bytes(buffer_).first(writer.size())).next();
    EXPECT_EQ(read_cname(*packet, 0)->cname, name);
  }
}

}  // namespace
}  // namespace kms::rtc
