// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/status.hpp"

#include <gtest/gtest.h>

namespace kms {
namespace {

TEST(Status, CarriesReasonResourceAndMetadata) {
  const ErrorInfo given{"ELEMENT_NOT_FOUND", "sessions/a/elements/b", {{"known", "c"}, {"empty", ""}}};

  const Status status = error(StatusCode::kNotFound, given, "there is no element b");

  const auto got = info_of(status);
  EXPECT_EQ(got.reason, given.reason);
  EXPECT_EQ(got.resource, given.resource);
  EXPECT_EQ(got.metadata, given.metadata);
  EXPECT_EQ(message_of(status), "there is no element b");
}

TEST(Status, ForeignErrorsAreNamedByTheirCode) { EXPECT_EQ(reason_of(absl::InternalError("x")), "INTERNAL"); }

TEST(Status, AboutFillsOnlyAnEmptyResource) {
  const auto bare = error(StatusCode::kInternal, "X", "m");
  EXPECT_EQ(info_of(about(bare, "sessions/a")).resource, "sessions/a");
  EXPECT_EQ(info_of(about(about(bare, "sessions/a"), "sessions/b")).resource, "sessions/a");
  EXPECT_TRUE(about(ok(), "sessions/a").ok());
}

}  // namespace
}  // namespace kms
