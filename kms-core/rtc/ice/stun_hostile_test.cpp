// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kms-core/rtc/ice/stun_message.hpp"
#include "kms-core/rtc/ice/test_checks.hpp"

namespace kms::rtc {
namespace {

const IceCredentials kCredentials{"ufrag123", "passwordpasswordpassword"};

std::vector<uint8_t> good_check() { return test::make_check({.to = kCredentials, .nominate = true}); }

TEST(StunHostile, TruncatedMessagesAreRefused) {
  const auto bytes = good_check();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(StunMessage::parse(Bytes(bytes).first(size))) << size;
  }
}

TEST(StunHostile, EveryFlippedBitIsNoticed) {
  const auto good = good_check();
  const size_t protected_size = good.size() - 8;  // the integrity covers all but FINGERPRINT
  for (size_t bit = 0; bit < protected_size * 8; ++bit) {
    auto bytes = good;
    bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1 << bit % 8));
    const auto message = StunMessage::parse(bytes);
    EXPECT_FALSE(message && message->integrity_matches(kCredentials.password)) << bit;
  }
}

TEST(StunHostile, WrongMagicAndTrailingBytesAreRefused) {
  auto bytes = good_check();
  bytes[4] ^= 1;
  EXPECT_FALSE(StunMessage::parse(bytes));
  bytes = good_check();
  bytes.push_back(0);
  EXPECT_FALSE(StunMessage::parse(bytes));
}

TEST(StunHostile, AttributesThatOverrunAreRefused) {
  auto bytes = test::make_check({.to = kCredentials, .integrity = false, .fingerprint = false});
  bytes[stun::kHeaderSize + 2] = 0xff;
  EXPECT_FALSE(StunMessage::parse(bytes));
}

TEST(StunHostile, AttributesOfImpossibleSizeAreRefused) {
  for (const uint16_t type : {stun::kPriority, stun::kUseCandidate, stun::kIceControlling,
                              stun::kMessageIntegrity, stun::kXorMappedAddress, stun::kErrorCode}) {
    const auto bytes = test::make_check({.to = kCredentials, .damage = [type](StunWriter& writer) {
                                           writer.add(type, std::string_view("xyz"));
                                         }});
    EXPECT_FALSE(StunMessage::parse(bytes)) << type;
  }
}

TEST(StunHostile, AWrongFingerprintIsRefused) {
  auto bytes = good_check();
  bytes.back() ^= 1;
  EXPECT_FALSE(StunMessage::parse(bytes));
}

TEST(StunHostile, AttributesBehindTheIntegrityDoNotCount) {
  std::vector<uint8_t> out(400);
  StunWriter writer(out, StunClass::kRequest, {});
  writer.add(stun::kUsername, kCredentials.ufrag + ":peer");
  writer.add_u32(stun::kPriority, 1);
  writer.add_integrity(kCredentials.password);
  writer.add(stun::kUseCandidate, Bytes{});
  writer.add(0x7abc, Bytes{});
  writer.add_fingerprint();
  out.resize(writer.size());

  const auto message = StunMessage::parse(out);

  ASSERT_TRUE(message);
  EXPECT_TRUE(message->integrity_matches(kCredentials.password));
  EXPECT_FALSE(message->use_candidate());
  EXPECT_TRUE(message->unknown_required().empty());
}

TEST(StunHostile, AFloodOfUnknownAttributesIsBounded) {
  const auto bytes = test::make_check({.to = kCredentials, .damage = [](StunWriter& writer) {
                                         for (uint16_t i = 0; i < 60; ++i) {
                                           writer.add(static_cast<uint16_t>(0x7000 + i), Bytes{});
                                         }
                                       }});
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->unknown_required().size(), 8u);
}

TEST(StunHostile, NamesWithoutAColonFindNobody) {
  for (const auto* name : {"", ":", ":peer", "nobody"}) {
    std::vector<uint8_t> out(100);
    StunWriter writer(out, StunClass::kRequest, {});
    writer.add(stun::kUsername, std::string_view(name));
    out.resize(writer.size());
    const auto message = StunMessage::parse(out);
    ASSERT_TRUE(message);
    EXPECT_FALSE(local_ufrag_of(*message)) << name;
  }
}

}  // namespace
}  // namespace kms::rtc
