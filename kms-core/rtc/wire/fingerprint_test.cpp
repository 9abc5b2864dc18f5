// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/wire/fingerprint.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

std::string sample() {
  Fingerprint fingerprint;
  for (size_t i = 0; i < fingerprint.digest.size(); ++i)
    fingerprint.digest[i] = static_cast<uint8_t>(i * 7 + 3);
  return fingerprint.text();
}

TEST(Fingerprint, ReadsBackWhatItWrites) {
  const auto text = sample();
  EXPECT_EQ(text.substr(0, 14), "sha-256 03:0A:");
  ASSERT_TRUE(Fingerprint::parse(text));
  EXPECT_EQ(Fingerprint::parse(text)->text(), text);
}

TEST(Fingerprint, DoesNotMindTheCase) {
  auto text = sample();
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  text.replace(0, 3, "SHA");
  EXPECT_EQ(Fingerprint::parse(text), Fingerprint::parse(sample()));
}

TEST(Fingerprint, RefusesWrongText) {
  const auto good = sample();
  EXPECT_FALSE(Fingerprint::parse(""));
  EXPECT_FALSE(Fingerprint::parse("sha-1 " + good.substr(8)));
  EXPECT_FALSE(Fingerprint::parse("sha-512 " + good.substr(8)));
  EXPECT_FALSE(Fingerprint::parse(good + ":00"));
  EXPECT_FALSE(Fingerprint::parse(good.substr(0, good.size() - 3)));
  auto bad = good;
  bad[8] = 'G';
  EXPECT_FALSE(Fingerprint::parse(bad));
  bad = good;
  bad[10] = '-';
  EXPECT_FALSE(Fingerprint::parse(bad));
}

}  // namespace
}  // namespace kms::rtc
