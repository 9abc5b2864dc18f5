// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/dcep.hpp"

#include <gtest/gtest.h>

namespace kms::rtc::dcep {
namespace {

using Bytes8 = std::vector<uint8_t>;

DataChannelOptions read_options(const Bytes8& bytes) {
  const auto message = read(bytes);
  EXPECT_TRUE(std::holds_alternative<Open>(message));
  return std::get<Open>(message).options;
}

std::string why_not(const Bytes8& bytes) {
  const auto message = read(bytes);
  return std::holds_alternative<Malformed>(message) ? std::get<Malformed>(message).why : "";
}

TEST(Dcep, ReadsWhatABrowserSends) {
  // createDataChannel("chat", {ordered: false, maxRetransmits: 3, protocol: "v1"})
  const Bytes8 bytes{3, 0x81, 1, 0, 0, 0, 0, 3, 0, 4, 0, 2, 'c', 'h', 'a', 't', 'v', '1'};

  const auto options = read_options(bytes);

  EXPECT_EQ(options.label, "chat");
  EXPECT_EQ(options.protocol, "v1");
  EXPECT_FALSE(options.ordered);
  EXPECT_EQ(options.max_retransmits, 3);
  EXPECT_FALSE(options.max_packet_lifetime_ms);
  EXPECT_EQ(write_open(options), bytes);
}

TEST(Dcep, WritesAndReadsEveryKindOfChannel) {
  for (const bool ordered : {true, false}) {
    DataChannelOptions options{.label = "l\xc3\xa4", .protocol = "", .ordered = ordered};
    EXPECT_EQ(read_options(write_open(options)), options);
    options.max_retransmits = 0;
    EXPECT_EQ(read_options(write_open(options)), options);
    options.max_retransmits.reset();
    options.max_packet_lifetime_ms = 65535;
    EXPECT_EQ(read_options(write_open(options)), options);
  }
  EXPECT_TRUE(std::holds_alternative<Ack>(read(write_ack())));
}

TEST(Dcep, BoundsWhatDoesNotFitIntoW3CsTypes) {
  EXPECT_EQ(read_options({3, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}).max_retransmits, 0xffff);
}

TEST(Dcep, RefusesWhatIsCutOff) {
  const auto whole = write_open({.label = "label", .protocol = "protocol"});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(why_not(Bytes8(whole.begin(), whole.begin() + static_cast<long>(size))), "") << size;
  }
}

TEST(Dcep, RefusesLongLabelsWrongTextAndUnknownKinds) {
  EXPECT_EQ(why_not(write_open({.label = std::string(kMaxDataLabel, 'x')})), "");
  EXPECT_EQ(why_not(write_open({.label = std::string(kMaxDataLabel + 1, 'x')})), "label too long");
  EXPECT_EQ(why_not(write_open({.protocol = std::string(kMaxDataLabel + 1, 'x')})), "label too long");
  EXPECT_EQ(why_not(write_open({.label = "\xff"})), "label is not UTF-8");
  EXPECT_EQ(why_not({3, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), "unknown channel type");
  EXPECT_EQ(why_not({1}), "unknown message");
}

}  // namespace
}  // namespace kms::rtc::dcep
