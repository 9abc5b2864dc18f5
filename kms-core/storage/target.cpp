// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace kms::storage {
namespace {

constexpr std::string_view kS3 = "s3://";
constexpr size_t kLongestKey = 1024;  // bytes; what S3 allows

Status no_target(const std::string& uri, std::string_view why) {
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
               fmt::format("\"{}\" is no place to upload to: {}; allowed is s3://storage/bucket/key or "
                           "http(s)://host/path",
                           uri, why));
}

Status not_allowed(const std::string& uri, std::string_view why) {
  return error(StatusCode::kPermissionDenied, "URI_NOT_ALLOWED", fmt::format("{}: {}", uri, why));
}

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// With dots and slashes as they are, and every slash this way round.
std::string plain_path(const std::string& path) {
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    char letter = path[i];
    const auto code = letter == '%' ? path.substr(i + 1, 2) : std::string();
    if (code == "2e" || code == "2E") letter = '.';
    if (code == "2f" || code == "2F" || code == "5c" || code == "5C") letter = '/';
    if (letter == '.' || letter == '/') i += code.size();
    out += letter == '\\' ? '/' : letter;
  }
  return out;
}

// "." and ".." as a part of a path; some servers go up the folders for them, however they are encoded.
bool goes_up(const std::string& path) {
  const auto plain = '/' + plain_path(path) + '/';
  return plain.find("/../") != std::string::npos || plain.find("/./") != std::string::npos;
}

Result<Target> resolve_s3(const std::string& uri, const Config& config) {
  const auto rest = uri.substr(kS3.size());
  const auto first = rest.find('/');
  const auto second = first == std::string::npos ? first : rest.find('/', first + 1);
  if (second == std::string::npos || second + 1 == rest.size()) return no_target(uri, "a part is missing");
  S3Target target{rest.substr(0, first), rest.substr(first + 1, second - first - 1), rest.substr(second + 1)};
  if (target.key.size() > kLongestKey) return no_target(uri, "the key has more than 1024 bytes");
  if (goes_up(target.key)) return not_allowed(uri, "\".\" and \"..\" are not allowed in a key");
  const auto storage = config.storages.find(target.storage);
  if (storage == config.storages.end()) return not_allowed(uri, "the server's storages have no such name");
  const auto& buckets = storage->second.buckets;
  if (std::find(buckets.begin(), buckets.end(), target.bucket) == buckets.end()) {
    return not_allowed(uri, "the storage's buckets do not list it");
  }
  return target;
}

Result<Target> resolve_http(const std::string& uri, const Config& config) {
  if (uri.find_first_of("?# ") != std::string::npos) {
    return no_target(uri.substr(0, uri.find_first_of("?#")), "a query, fragment or space is not allowed");
  }
  if (goes_up(uri) || uri.find('\\') != std::string::npos) {
    return not_allowed(uri, "\".\", \"..\" and \"\\\" are not allowed in a path");
  }
  const auto& allowed = config.uploads.allow;
  const bool listed = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& prefix) {
    return uri.starts_with(prefix) && uri.size() > prefix.size();
  });
  if (!listed) return not_allowed(uri, "the server's uploads.allow does not list where it begins");
  return HttpTarget{uri};
}

}  // namespace

bool is_remote(const std::string& uri) {
  return uri.starts_with(kS3) || uri.starts_with("http://") || uri.starts_with("https://");
}

Status no_spool(const std::string& uri) {
  return not_allowed(uri, "the server has no spool.folder, and uploads nothing");
}

Result<Target> resolve(const std::string& uri, const Config& config) {
  if (!is_remote(uri) || has_control(uri)) return no_target(uri, "it has another form");
  return uri.starts_with(kS3) ? resolve_s3(uri, config) : resolve_http(uri, config);
}

}  // namespace kms::storage
