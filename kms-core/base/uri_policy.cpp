// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/uri_policy.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace kms {
namespace {

namespace fs = std::filesystem;

Status no_file_uri(const std::string& uri, std::string_view why) {
  if (uri.empty())
    return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS", "no URI is given: file:///absolute/path");
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
               fmt::format("\"{}\" is no file URI: {}; allowed is file:///absolute/path", uri, why));
}

Status not_allowed(const std::string& uri, std::string_view why) {
  return error(StatusCode::kPermissionDenied, "URI_NOT_ALLOWED", fmt::format("{}: {}", uri, why));
}

using Text = std::unique_ptr<char, decltype(&g_free)>;

// GLib's own words repeat the whole URI.
std::string why_no_path(const std::string& uri, const GError* failure) {
  if (!failure) return "it has a zero byte";
  if (uri.starts_with("/")) return fmt::format("a path alone, which would be file://{}", uri);
  const auto scheme = uri.substr(0, uri.find(':'));
  if (scheme.size() == uri.size()) return "it has no scheme";
  if (g_ascii_strcasecmp(scheme.c_str(), "file") != 0) return fmt::format("its scheme is \"{}\"", scheme);
  return failure->message;
}

Result<fs::path> path_of(const std::string& uri) {
  char* host = nullptr;
  GError* problem = nullptr;
  const Text path(g_filename_from_uri(uri.c_str(), &host, &problem), g_free);
  const Text named_host(host, g_free);
  const std::unique_ptr<GError, decltype(&g_error_free)> failure(problem, g_error_free);
  if (!path || uri.find('\0') != std::string::npos) {
    return no_file_uri(uri, why_no_path(uri, failure.get()));
  }
  if (named_host && std::string_view(named_host.get()) != "localhost") {
    return no_file_uri(uri, "it names another host");
  }
  return fs::path(path.get());
}

// The path without symbolic links; its end may be missing. Nothing when a link leads nowhere, or in a circle:
// whoever makes the file would follow it.
fs::path resolved(const fs::path& path) {
  std::error_code failed;
  auto real = fs::weakly_canonical(path, failed);
  if (failed) return {};
  for (auto part = real; part.has_relative_path(); part = part.parent_path()) {
    if (fs::is_symlink(fs::symlink_status(part, failed))) return {};
  }
  return real;
}

bool inside(const fs::path& path, const std::string& folder) {
  const auto root = resolved(fs::path(folder) / "");
  if (root.empty()) return false;
  const auto base = root.has_filename() ? root : root.parent_path();
  const auto end = std::mismatch(base.begin(), base.end(), path.begin(), path.end());
  return end.first == base.end() && end.second != path.end();
}

Result<std::string> check(const std::string& uri, const std::vector<std::string>& folders,
                          std::string_view key) {
  const auto path = path_of(uri);
  if (!path.ok()) return path.status();
  if (!path->has_filename()) return no_file_uri(uri, "it names a folder");
  if (std::find(path->begin(), path->end(), "..") != path->end()) {
    return not_allowed(uri, "\"..\" is not allowed in a path");
  }
  const auto real = resolved(*path);
  const auto holds = [&](const std::string& folder) { return inside(real, folder); };
  if (real.empty() || std::none_of(folders.begin(), folders.end(), holds)) {
    return not_allowed(uri, fmt::format("not inside a folder that the server's {} lists", key));
  }
  std::error_code failed;
  const auto status = fs::status(real, failed);
  if (fs::exists(status) && !fs::is_regular_file(status)) return not_allowed(uri, "not a regular file");
  return real.string();
}

}  // namespace

Result<std::string> UriPolicy::readable_file(const std::string& uri) const {
  return check(uri, files_.read, "files.read");
}

Result<std::string> UriPolicy::writable_file(const std::string& uri) const {
  return check(uri, files_.write, "files.write");
}

}  // namespace kms
