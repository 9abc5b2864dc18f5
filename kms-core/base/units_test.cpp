// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/units.hpp"

#include <gtest/gtest.h>

namespace kms {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadDurations) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("2h"), 2h);
}

TEST(Units, ReadSizes) {
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("4MB"), 4'000'000U);
}

TEST(Units, RefuseOtherText) {
  for (const auto* text : {"", "s", "30", "-1s", "1.5s", "1 s", "1d", "9223372036854775807h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  for (const auto* text :
       {"", "MiB", "-1", "1 MiB", "1TiB", "99999999999999999999", "9223372036854775807KiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

}  // namespace
}  // namespace kms
