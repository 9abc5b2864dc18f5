// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/flv_guard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace kms::gst {
namespace {

std::string tag(char type, const std::string& body) {
  const auto size = body.size();
  const std::string head{type, static_cast<char>(size >> 16), static_cast<char>(size >> 8),
                         static_cast<char>(size)};
  return head + std::string(7, '\0') + body + std::string(4, '\0');
}

// Objects within objects, four bytes each.
std::string notes(size_t levels) {
  std::string body = std::string("\x02\0\x0a", 3) + "onMetaData";
  for (size_t i = 0; i < levels; ++i) body += std::string("\x03\0\x01", 3) + "a";
  return tag(18, body);
}

// Of bytes that notes would nest by.
std::string picture_tag() { return tag(9, std::string(100'000, '\x03') + std::string(100'000, '\x08')); }

bool takes(const std::string& bytes, size_t piece, uint64_t position = 0) {
  FlvGuard guard;
  guard.go_to(position);
  const std::span<const uint8_t> all(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  for (size_t at = 0; at < all.size(); at += piece) {
    if (!guard.push(all.subspan(at, std::min(piece, all.size() - at)))) return false;
  }
  return true;
}

TEST(FlvGuard, CountsInTagsOfNotesAloneWhateverThePieces) {
  const std::string head(13, '\0');
  for (const size_t piece : {1U, 7U, 4096U, 10'000'000U}) {
    EXPECT_TRUE(takes(head + notes(1000) + picture_tag() + notes(8000) + picture_tag(), piece)) << piece;
    EXPECT_FALSE(takes(head + picture_tag() + notes(10'000), piece)) << piece;
  }
}

TEST(FlvGuard, BeginsWithATagBehindTheHeadOfAFile) {
  EXPECT_TRUE(takes(picture_tag() + notes(10), 1000, 500));
  EXPECT_FALSE(takes(picture_tag() + notes(10'000), 1000, 500));
}

TEST(FlvGuard, KnowsNotesThatAreReadAtOnce) {
  FlvGuard guard;
  const auto pulls = [&](const std::string& bytes) {
    return guard.pull({reinterpret_cast<const uint8_t*>(bytes.data()) + 4, bytes.size() - 4});
  };
  EXPECT_TRUE(pulls(notes(8000)));
  EXPECT_TRUE(pulls(notes(8000))) << "each counts by itself";
  EXPECT_TRUE(pulls(picture_tag()));
  EXPECT_FALSE(pulls(notes(10'000)));
}

}  // namespace
}  // namespace kms::gst
