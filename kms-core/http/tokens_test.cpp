// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/tokens.hpp"

#include <gtest/gtest.h>

namespace kms::http {
namespace {

TEST(Tokens, AreForAllRoomsOrForOne) {
  const std::string text = "# comment\n\n  first  \nhall second\nhall third\n";

  EXPECT_TRUE(has_token(text, "hall", "first"));
  EXPECT_TRUE(has_token(text, "other", "first"));
  EXPECT_TRUE(has_token(text, "hall", "third"));
  EXPECT_FALSE(has_token(text, "other", "second"));
}

TEST(Tokens, AreTakenWhole) {
  for (const auto* other : {"", "f", "firs", "first ", "First", "#", "hall", "comment"})
    EXPECT_FALSE(has_token("# comment\nfirst\nhall second\n", "hall", other)) << other;
  EXPECT_FALSE(has_token("", "hall", ""));
}

}  // namespace
}  // namespace kms::http
