// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kms-core/rtc/rtp/extension_id_map.hpp"
#include "kms-core/rtc/rtp/extension_writer.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/rtp/test_packets.hpp"

namespace kms::rtc {
namespace {

using test::make_rtp;
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

TEST(ExtensionWriter, WritesWhatTheReaderReads) {
  for (const auto form : {ExtensionForm::kOneByte, ExtensionForm::kTwoByte}) {
    Packet out(64, 0xee);
    ExtensionWriter writer(out, form);
    ASSERT_TRUE(writer.add(4, Packet{'0'}));
    ASSERT_TRUE(writer.add(5, Packet{1, 2, 3}));
    const size_t size = writer.finish();

    ASSERT_EQ(size % 4, 0u);
    EXPECT_EQ(load_u16(&out[2]), size / 4 - 1);
    ExtensionReader reader(load_u16(out.data()), Bytes(out).subspan(4, size - 4));
    EXPECT_EQ(reader.next()->value.size(), 1u);
    EXPECT_EQ(reader.next()->value[2], 3);
    EXPECT_FALSE(reader.next());
  }
}

TEST(ExtensionWriter, RefusesWhatTheFormOrTheBufferCannotHold) {
  Packet out(16);
  ExtensionWriter one(out, ExtensionForm::kOneByte);
  EXPECT_FALSE(one.add(15, Packet{1}));
  EXPECT_FALSE(one.add(0, Packet{1}));
  EXPECT_FALSE(one.add(1, {})) << "one byte form has no empty value";
  EXPECT_FALSE(one.add(1, Packet(12))) << "13 bytes after the head are rounded to 16";
  EXPECT_EQ(one.finish(), 0u) << "nothing was added";
  EXPECT_TRUE(one.add(1, Packet(11)));
  EXPECT_EQ(one.finish(), 16u);
}

TEST(ExtensionTranslation, RenamesAndDropsInPlace) {
  ExtensionIdMap sender, receiver;
  sender.set(ExtensionKind::kMid, 4);
  sender.set(ExtensionKind::kAudioLevel, 1);
  sender.set(ExtensionKind::kTransportSequence, 3);
  receiver.set(ExtensionKind::kMid, 1);
  receiver.set(ExtensionKind::kAudioLevel, 10);
  const ExtensionTranslation translation(sender, receiver);
  auto packet =
      make_rtp({.extension = {0x40, '0', 0x10, 0x7f, 0x31, 9, 9, 0x90, 7, 0, 0, 0}, .payload = {1}});

  translation.apply(packet);

  const auto view = RtpView::parse(packet);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->extension(1)->front(), '0');
  EXPECT_EQ(view->extension(10)->front(), 0x7f);
  EXPECT_EQ(ids_in(kOneByteProfile, view->extension_block()), (std::vector<uint8_t>{1, 10}))
      << "what the receiver does not know is gone, and so is what the sender never negotiated";
  EXPECT_EQ(view->payload().size(), 1u);
}

TEST(ExtensionTranslation, WorksOnTheTwoByteForm) {
  ExtensionIdMap sender, receiver;
  sender.set(ExtensionKind::kMid, 4);
  receiver.set(ExtensionKind::kMid, 2);
  auto packet = make_rtp({.profile = 0x1000, .extension = {4, 1, '0', 99, 1, 5, 0, 0}, .payload = {1}});

  ExtensionTranslation(sender, receiver).apply(packet);

  EXPECT_EQ(ids_in(0x1000, RtpView::parse(packet)->extension_block()), (std::vector<uint8_t>{2}));
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
