// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/wire/utf8.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace kms::rtc {
namespace {

bool good(std::string_view text) {
  return is_utf8({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(Utf8, TakesCharactersOfEverySize) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(good(""));
  EXPECT_TRUE(good("a line of plain text, longer than eight"));
  EXPECT_TRUE(good("\0"sv));
  EXPECT_TRUE(good("gr\xc3\xbc\xc3\x9f, \xe2\x82\xac and \xf0\x9f\x98\x80 at the end"));
  EXPECT_TRUE(good("\xf4\x8f\xbf\xbf"));  // U+10FFFF
}

TEST(Utf8, RefusesWhatIsCutOff) {
  EXPECT_FALSE(good("\xc3"));
  EXPECT_FALSE(good("eight by\xe2\x82"));
  EXPECT_FALSE(good("\xf0\x9f\x98"));
  EXPECT_FALSE(good("\xe2\x28\xa1"));
}

TEST(Utf8, RefusesLongFormsSurrogatesAndWhatIsBeyond) {
  EXPECT_FALSE(good("\xc0\x80"));
  EXPECT_FALSE(good("\xe0\x80\x80"));
  EXPECT_FALSE(good("\xf0\x80\x80\x80"));
  EXPECT_FALSE(good("\xed\xa0\x80"));
  EXPECT_FALSE(good("\xf4\x90\x80\x80"));
  EXPECT_FALSE(good("\xf8\x88\x80\x80\x80"));
  EXPECT_FALSE(good("\x80"));
}

}  // namespace
}  // namespace kms::rtc
