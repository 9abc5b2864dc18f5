// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kms-core/rtc/rtp/extension_id_map.hpp"
#include "kms-core/rtc/rtp/extension_reader.hpp"
#include "kms-core/rtc/rtp/test_packets.hpp"

namespace kms::rtc {
namespace {

using test::Packet;

std::vector<uint8_t> ids_in(uint16_t profile, Bytes block) {
  std::vector<uint8_t> ids;
  ExtensionReader reader(profile, block);
  while (const auto element = reader.next()) ids.push_back(element->id);
  return ids;
}

TEST(ExtensionReader, SkipsPaddingBetweenElements) {
  const Packet block{0x10, 'a', 0, 0, 0x31, 1, 2, 0};
  EXPECT_EQ(ids_in(kOneByteProfile, block), (std::vector<uint8_t>{1, 3}));
}

TEST(ExtensionReader, ReadsTheTwoByteFormWithEmptyAndLongValues) {
  Packet block{200, 0, 7, 20};
  block.resize(block.size() + 20, 0x44);
  EXPECT_EQ(ids_in(0x1000, block), (std::vector<uint8_t>{200, 7}));
  EXPECT_EQ(ids_in(0x100f, block), (std::vector<uint8_t>{200, 7})) << "the application's bits do not matter";
}

TEST(ExtensionReader, EndsAtAnElementThatOverruns) {
  EXPECT_EQ(ids_in(kOneByteProfile, Packet{0x10, 'a', 0x2f, 1}), (std::vector<uint8_t>{1}));
  EXPECT_EQ(ids_in(0x1000, Packet{1, 1, 'a', 2}), (std::vector<uint8_t>{1}));
  EXPECT_EQ(ids_in(0x1000, Packet{1, 1, 'a', 2, 9}), (std::vector<uint8_t>{1}));
}

TEST(ExtensionReader, EndsAtReservedIdsOfTheOneByteForm) {
  EXPECT_EQ(ids_in(kOneByteProfile, Packet{0x10, 'a', 0xf0, 1, 0x20, 2}), (std::vector<uint8_t>{1}));
  EXPECT_EQ(ids_in(kOneByteProfile, Packet{0x10, 'a', 0x01, 1, 0x20, 2}), (std::vector<uint8_t>{1}));
}

TEST(ExtensionReader, IgnoresBlocksOfOtherProfiles) {
  EXPECT_TRUE(ids_in(0x1234, Packet{0x10, 'a', 0, 0}).empty());
}

TEST(ExtensionIdMap, IgnoresIdsThatNotBothFormsCanCarry) {
  ExtensionIdMap map;
  map.set(ExtensionKind::kMid, 15);
  map.set(ExtensionKind::kRid, 0);
  EXPECT_EQ(map, ExtensionIdMap{});
}

TEST(ExtensionKind, IsFoundByItsUri) {
  for (size_t i = 0; i < kExtensionKinds; ++i) {
    const auto kind = static_cast<ExtensionKind>(i);
    EXPECT_EQ(extension_of(uri_of(kind)), kind);
  }
  EXPECT_FALSE(extension_of("urn:example:nothing"));
}

}  // namespace
}  // namespace kms::rtc
