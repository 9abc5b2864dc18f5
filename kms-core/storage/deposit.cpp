// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/deposit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace kms::storage {
namespace {

constexpr size_t kLongestWords = 200;

// What the storage says itself, on one line.
std::string words_of(const web::Answer& answer) {
  std::string out = answer.body.substr(0, kLongestWords);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
  return out.empty() ? out : ": " + out;
}

}  // namespace

std::string secret_in(const std::string& path) {
  std::ifstream file(path);
  std::string secret;
  std::getline(file, secret);
  while (!secret.empty() && static_cast<unsigned char>(secret.back()) <= ' ') secret.pop_back();
  return secret;
}

Status refused(const std::string& uri, std::string_view why) {
  return error(StatusCode::kPermissionDenied, "STORAGE_REFUSED", fmt::format("{}: {}", uri, why));
}

Status unreachable(const std::string& uri, std::string_view why) {
  return error(StatusCode::kUnavailable, "STORAGE_UNREACHABLE", fmt::format("{}: {}", uri, why));
}

Status judge(const web::Answer& answer, const std::string& uri) {
  const auto code = answer.code;
  if (code >= 200 && code < 300) return ok();
  const auto text = fmt::format("the storage answered {}{}", code, words_of(answer));
  if (code == 507) {
    return error(StatusCode::kResourceExhausted, "STORAGE_FULL", fmt::format("{}: {}", uri, text));
  }
  const bool for_now = code == 408 || code == 425 || code == 429 || code >= 500;
  return for_now ? unreachable(uri, text) : refused(uri, text);
}

Status deposit(const std::string& uri, const Goods& goods, const Context& context) {
  const auto target = resolve(uri, context.config);
  if (!target.ok()) return target.status();
  if (const auto* s3 = std::get_if<S3Target>(&*target)) return deposit_s3(*s3, goods, context);
  return deposit_http(std::get<HttpTarget>(*target), goods, context);
}

}  // namespace kms::storage
