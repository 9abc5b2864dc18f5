// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/stun_message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kms-core/rtc/ice/stun_writer.hpp"
#include "kms-core/rtc/ice/test_checks.hpp"

namespace kms::rtc {
namespace {

std::vector<uint8_t> from_hex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// RFC 5769 section 2.1: password VOkJxbRl1RmTxUk/WvJxBt, padding bytes are spaces.
std::vector<uint8_t> sample_request() {
  return from_hex(
      "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e20746573"
      "7420636c69656e74002400046e0001ff80290008932ff9b151263b36000600096576"
      "746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
      "80280004e57a3bcf");
}

// RFC 5769 section 2.2: a response to 192.0.2.1:32853.
std::vector<uint8_t> sample_response() {
  return from_hex(
      "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
      "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
      "80280004c07d4c96");
}

constexpr std::string_view kSamplePassword = "VOkJxbRl1RmTxUk/WvJxBt";

TEST(StunMessage, ReadsTheSampleRequestOfRfc5769) {
  const auto bytes = sample_request();

  const auto message = StunMessage::parse(bytes);

  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class(), StunClass::kRequest);
  EXPECT_EQ(message->method(), stun::kBinding);
  EXPECT_EQ(message->username(), "evtj:h6vY");
  EXPECT_EQ(local_ufrag_of(*message), "evtj");
  EXPECT_EQ(message->priority(), 0x6e0001ffu);
  EXPECT_TRUE(message->controlled());
  EXPECT_TRUE(message->unknown_required().empty());
  EXPECT_TRUE(message->integrity_matches(kSamplePassword));
  EXPECT_FALSE(message->integrity_matches("VOkJxbRl1RmTxUk/WvJxBT"));
  EXPECT_FALSE(message->integrity_matches(""));
}

TEST(StunMessage, ReadsTheSampleResponseOfRfc5769) {
  const auto bytes = sample_response();

  const auto message = StunMessage::parse(bytes);

  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class(), StunClass::kSuccess);
  EXPECT_EQ(message->mapped_address(), TransportAddress::parse("192.0.2.1", 32853));
  EXPECT_TRUE(message->integrity_matches(kSamplePassword));
}

TEST(StunWriter, WritesWhatTheParserReads) {
  for (const auto* ip : {"192.0.2.9", "2001:db8::9"}) {
    const auto address = *TransportAddress::parse(ip, 4711);
    std::vector<uint8_t> out(200);
    StunWriter writer(out, StunClass::kError, StunTransaction{9, 9, 9});
    writer.add_xor_mapped(address);
    writer.add_error(487, "Role Conflict");
    writer.add_integrity("secret");
    writer.add_fingerprint();
    out.resize(writer.size());

    const auto message = StunMessage::parse(out);

    ASSERT_TRUE(message);
    EXPECT_EQ(message->message_class(), StunClass::kError);
    EXPECT_EQ(message->transaction()[2], 9);
    EXPECT_EQ(message->mapped_address(), address);
    EXPECT_EQ(message->error_code(), 487);
    EXPECT_TRUE(message->integrity_matches("secret"));
  }
}

TEST(StunWriter, GivesNothingWhenTheBufferIsTooSmall) {
  std::vector<uint8_t> out(30);
  StunWriter writer(out, StunClass::kRequest, {});
  writer.add(stun::kUsername, std::string_view("somebody:else"));
  writer.add_integrity("secret");
  writer.add_fingerprint();
  EXPECT_EQ(writer.size(), 0u);
}

}  // namespace
}  // namespace kms::rtc
