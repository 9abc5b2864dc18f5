// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/target.hpp"

#include <gtest/gtest.h>

namespace kms::storage {
namespace {

Config config() {
  Config out;
  out.storages["main"].buckets = {"rec"};
  out.uploads.allow = {"https://media.example.org/in/"};
  return out;
}

std::string reason(const std::string& uri) { return reason_of(resolve(uri, config()).status()); }

TEST(StorageTarget, IsABucketThatTheStorageLists) {
  const auto target = resolve("s3://main/rec/2026/a b.webm", config());

  ASSERT_TRUE(target.ok());
  const auto& s3 = std::get<S3Target>(*target);
  EXPECT_EQ(s3.storage, "main");
  EXPECT_EQ(s3.bucket, "rec");
  EXPECT_EQ(s3.key, "2026/a b.webm");
  EXPECT_EQ(reason("s3://main/other/a"), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason("s3://other/rec/a"), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason("s3://main/rec/../other/a"), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason("s3://main/rec/..\\other/a"), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason("s3://main/rec/"), "INVALID_OPTIONS");
  EXPECT_EQ(reason("s3://main/rec"), "INVALID_OPTIONS");
  EXPECT_EQ(reason("s3://main/rec/a\nb"), "INVALID_OPTIONS");
  EXPECT_EQ(reason("s3://main/rec/" + std::string(1025, 'a')), "INVALID_OPTIONS");
}

TEST(StorageTarget, OrBeginsAsTheConfigurationAllows) {
  const auto target = resolve("https://media.example.org/in/a.webm", config());

  ASSERT_TRUE(target.ok());
  EXPECT_EQ(std::get<HttpTarget>(*target).uri, "https://media.example.org/in/a.webm");
  for (const auto* uri :
       {"http://media.example.org/in/a", "https://media.example.org.evil.org/in/a",
        "https://media.example.org/out/a", "https://media.example.org/in/../out/a",
        "https://media.example.org/in/%2e%2E/out/a", "https://media.example.org/in/..%2Fout/a",
        "https://media.example.org/in/a%5c..%2f..%2fout", "https://media.example.org/in/",
        "https://media.example.org@evil.org/in/a", "https://media.example.org/in/..\\a"}) {
    EXPECT_EQ(reason(uri), "URI_NOT_ALLOWED") << uri;
  }
  for (const auto* uri :
       {"https://media.example.org/in/a?key=secret", "https://media.example.org/in/a#b",
        "ftp://media.example.org/in/a", "file:///in/a", "", "https://media.example.org/in/a b"}) {
    EXPECT_EQ(reason(uri), "INVALID_OPTIONS") << uri;
  }
}

TEST(StorageTarget, NothingIsAllowedByDefault) {
  EXPECT_EQ(reason_of(resolve("http://127.0.0.1/a", Config()).status()), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason_of(resolve("s3://main/rec/a", Config()).status()), "URI_NOT_ALLOWED");
}

}  // namespace
}  // namespace kms::storage
