// SPDX-License-Identifier: Apache-2.0
#include "kms-core/web/s3_signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kms::web {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

// The published examples of the signature's specification: 24 May 2013, 00:00:00 UTC.
constexpr std::chrono::system_clock::time_point kThen{std::chrono::seconds(1369353600)};
const S3Identity kIdentity{"us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

TEST(S3Signature, IsThatOfThePublishedExampleOfAGet) {
  const auto headers = s3_headers({.method = "GET",
                                   .host = "examplebucket.s3.amazonaws.com",
                                   .path = "/test.txt",
                                   .query = {},
                                   .headers = {{"range", "bytes=0-9"}},
                                   .payload_sha256 = sha256_hex("")},
                                  kIdentity, kThen);

  EXPECT_EQ(headers.at("x-amz-date"), "20130524T000000Z");
  EXPECT_THAT(headers.at("Authorization"),
              EndsWith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(S3Signature, IsThatOfThePublishedExampleOfAPut) {
  const auto headers = s3_headers(
      {.method = "PUT",
       .host = "examplebucket.s3.amazonaws.com",
       .path = "/" + percent_encoded("test$file.text", true),
       .query = {},
       .headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
       .payload_sha256 = sha256_hex("Welcome to Amazon S3.")},
      kIdentity, kThen);

  EXPECT_THAT(headers.at("Authorization"),
              HasSubstr("SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class"));
  EXPECT_THAT(headers.at("Authorization"),
              EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(S3Signature, IsThatOfThePublishedExampleOfAQueryWithoutAValue) {
  const auto headers = s3_headers({.method = "GET",
                                   .host = "examplebucket.s3.amazonaws.com",
                                   .path = "/",
                                   .query = {{"lifecycle", ""}},
                                   .headers = {},
                                   .payload_sha256 = sha256_hex("")},
                                  kIdentity, kThen);

  EXPECT_THAT(headers.at("Authorization"),
              EndsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(S3Signature, EncodesAllButWhatIsUnreserved) {
  EXPECT_EQ(percent_encoded("a b/ä+~", true), "a%20b/%C3%A4%2B~");
  EXPECT_EQ(percent_encoded("a/b", false), "a%2Fb");
  EXPECT_EQ(s3_query({{"uploadId", "x/y="}, {"partNumber", "2"}}), "partNumber=2&uploadId=x%2Fy%3D");
}

}  // namespace
}  // namespace kms::web
