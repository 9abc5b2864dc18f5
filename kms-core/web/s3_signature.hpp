// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace kms::web {

// SHA-256 in lower-case hexadecimal.
std::string sha256_hex(std::string_view bytes);

// Percent-encodes all but A-Z, a-z, 0-9, '-', '.', '_', '~' and, with `keep_slashes`, '/'.
std::string percent_encoded(std::string_view text, bool keep_slashes);

// Who signs, and for where.
struct S3Identity {
  std::string region;
  std::string access_key;
  std::string secret_key;
};

// What is signed of a request (AWS Signature Version 4, single chunk, header form).
struct S3Request {
  std::string method;
  std::string host;                            // as in the Host header, with a port that is not the scheme's
  std::string path;                            // encoded, begins with '/'
  std::map<std::string, std::string> query;    // not encoded
  std::map<std::string, std::string> headers;  // lower-case names, to be signed besides host and x-amz-*
  std::string payload_sha256;
};

// "a=1&b=" with names and values encoded, in the order that is signed.
std::string s3_query(const std::map<std::string, std::string>& query);

// The headers that must be sent with it: Authorization, x-amz-date, x-amz-content-sha256, and those given.
std::map<std::string, std::string> s3_headers(const S3Request& request, const S3Identity& identity,
                                              std::chrono::system_clock::time_point now);

}  // namespace kms::web
