// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/own_ssrcs.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

TEST(OwnSsrcs, AreNeverEqualAndNeverZero) {
  const uint32_t drawn[] = {7, 7, 0, OwnSsrcs::of_reports(5), 7, 8};
  size_t at = 0;
  OwnSsrcs ssrcs(5, [&] { return drawn[at++]; });

  EXPECT_EQ(ssrcs.next(), 7u);
  EXPECT_EQ(ssrcs.next(), 8u);
  EXPECT_EQ(at, 6u);
}

}  // namespace
}  // namespace kms::rtc
