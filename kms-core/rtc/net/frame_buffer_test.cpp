// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/frame_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace kms::rtc {
namespace {

using Stream = std::vector<uint8_t>;

void append_frame(Stream& stream, size_t size, uint8_t filler) {
  stream.push_back(static_cast<uint8_t>(size >> 8));
  stream.push_back(static_cast<uint8_t>(size));
  stream.insert(stream.end(), size, filler);
}

// Feeds `stream` in pieces of random length; gives the frames' sizes.
std::vector<size_t> feed(FrameBuffer& buffer, const Stream& stream, std::mt19937& random) {
  std::vector<size_t> sizes;
  for (size_t at = 0; at < stream.size() && !buffer.broken();) {
    const auto space = buffer.space();
    const size_t piece = std::min({space.size(), stream.size() - at, size_t{1} + random() % 700});
    std::copy_n(stream.begin() + static_cast<ptrdiff_t>(at), piece, space.begin());
    buffer.filled(piece);
    at += piece;
    for (auto frame = buffer.next(); !frame.empty(); frame = buffer.next()) sizes.push_back(frame.size());
    buffer.compact();
  }
  return sizes;
}

TEST(FrameBuffer, CutsAStreamWhateverItsPieces) {
  std::mt19937 random(1);
  Stream stream;
  std::vector<size_t> expected;
  for (int i = 0; i < 300; ++i) {
    const size_t size = random() % (kMaxDatagram + 1);
    append_frame(stream, size, 7);
    if (size > 0) expected.push_back(size);
  }
  FrameBuffer buffer;

  EXPECT_EQ(feed(buffer, stream, random), expected);
  EXPECT_FALSE(buffer.broken());
}

TEST(FrameBuffer, GivesUpOnAFrameThatIsTooLong) {
  std::mt19937 random(1);
  Stream stream;
  append_frame(stream, 100, 1);
  append_frame(stream, kMaxDatagram + 1, 2);
  FrameBuffer buffer;

  EXPECT_EQ(feed(buffer, stream, random), std::vector<size_t>{100});
  EXPECT_TRUE(buffer.broken());
}

}  // namespace
}  // namespace kms::rtc
