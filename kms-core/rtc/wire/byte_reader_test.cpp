// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/wire/byte_reader.hpp"

#include <gtest/gtest.h>

#include <array>

#include "kms-core/rtc/wire/byte_writer.hpp"

namespace kms::rtc {
namespace {

TEST(ByteReader, ReadsBackWhatTheWriterWrote) {
  std::array<uint8_t, 32> buffer{};
  ByteWriter writer(buffer);
  writer.u8(0xab);
  writer.u16(0x1234);
  writer.u24(0x56789a);
  writer.u32(0xdeadbeef);
  writer.u64(0x0102030405060708);
  ASSERT_TRUE(writer.ok());

  ByteReader reader(writer.written());

  EXPECT_EQ(reader.u8(), 0xab);
  EXPECT_EQ(reader.u16(), 0x1234);
  EXPECT_EQ(reader.u24(), 0x56789au);
  EXPECT_EQ(reader.u32(), 0xdeadbeefu);
  EXPECT_EQ(reader.u64(), 0x0102030405060708u);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.left(), 0u);
}

TEST(ByteReader, StaysFailedAfterAReadBeyondTheEnd) {
  const std::array<uint8_t, 3> three{1, 2, 3};
  ByteReader reader(three);

  EXPECT_EQ(reader.u32(), 0u);

  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0) << "a failed reader gives nothing more";
}

TEST(ByteWriter, WritesNothingThatDoesNotFit) {
  std::array<uint8_t, 3> three{9, 9, 9};
  ByteWriter writer(three);

  writer.u16(0x0102);
  writer.u16(0x0304);

  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(three, (std::array<uint8_t, 3>{1, 2, 9}));
}

}  // namespace
}  // namespace kms::rtc
