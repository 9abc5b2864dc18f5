// SPDX-License-Identifier: Apache-2.0
#include "kms-core/web/s3_signature.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <ctime>

namespace kms::web {
namespace {

using Digest = std::array<unsigned char, 32>;

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

std::string_view view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest hmac(std::string_view key, std::string_view text) {
  Digest out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  return out;
}

// RFC 3986's unreserved characters, whatever the locale.
bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

Digest signing_key(const S3Identity& identity, const std::string& day) {
  const auto date = hmac("AWS4" + identity.secret_key, day);
  const auto region = hmac(view(date), identity.region);
  const auto service = hmac(view(region), "s3");
  return hmac(view(service), "aws4_request");
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  Digest out{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr);
  return hex(view(out));
}

std::string percent_encoded(std::string_view text, bool keep_slashes) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c) || (keep_slashes && c == '/')) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string s3_query(const std::map<std::string, std::string>& query) {
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out += '&';
    out += percent_encoded(name, false) + '=' + percent_encoded(value, false);
  }
  return out;
}

std::map<std::string, std::string> s3_headers(const S3Request& request, const S3Identity& identity,
                                              std::chrono::system_clock::time_point now) {
  const auto time = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  const auto day = time.substr(0, 8);
  auto sent = request.headers;
  sent["x-amz-date"] = time;
  sent["x-amz-content-sha256"] = request.payload_sha256;
  auto covered = sent;
  covered["host"] = request.host;
  std::string lines;
  std::string names;
  for (const auto& [name, value] : covered) {
    lines += name + ':' + value + '\n';
    names += (names.empty() ? "" : ";") + name;
  }
  const auto canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                                     s3_query(request.query), lines, names, request.payload_sha256);
  const auto scope = fmt::format("{}/{}/s3/aws4_request", day, identity.region);
  const auto to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, sha256_hex(canonical));
  const auto key = signing_key(identity, day);
  sent["Authorization"] = fmt::format("AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}",
                                      identity.access_key, scope, names, hex(view(hmac(view(key), to_sign))));
  return sent;
}

}  // namespace kms::web
