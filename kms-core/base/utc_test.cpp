// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/utc.hpp"

#include <gtest/gtest.h>

namespace kms {
namespace {

using namespace std::chrono_literals;

TEST(Utc, IsBetweenTwoLooksAtTheClocks) {
  using std::chrono::steady_clock;
  using std::chrono::system_clock;
  const auto utc = system_clock::now().time_since_epoch();
  const auto least = utc - steady_clock::now().time_since_epoch();
  const auto ahead = utc_ahead();
  const auto steady = steady_clock::now().time_since_epoch();
  const auto most = system_clock::now().time_since_epoch() - steady;
  EXPECT_GE(ahead, least - 1ms) << "a clock that is set a little meanwhile";
  EXPECT_LE(ahead, most + 1ms);
}

}  // namespace
}  // namespace kms
