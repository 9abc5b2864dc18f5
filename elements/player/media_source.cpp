// SPDX-License-Identifier: Apache-2.0
#include "elements/player/media_source.hpp"

#include <fmt/format.h>

#include "elements/player/file_source.hpp"
#include "elements/player/http_fetch.hpp"
#include "elements/player/http_source.hpp"
#include "elements/player/words/live_uri.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/base/uri_policy.hpp"

namespace kms::player {
namespace {

bool is_web(const std::string& uri) {
  return g_ascii_strncasecmp(uri.c_str(), "http://", 7) == 0 ||
         g_ascii_strncasecmp(uri.c_str(), "https://", 8) == 0;
}

// Neither a file, nor of the web; whether it is live, its caller knows.
bool has_other_scheme(const std::string& uri) {
  const auto end = uri.find("://");
  return end != std::string::npos && end > 0 && !is_web(uri) &&
         g_ascii_strncasecmp(uri.c_str(), "file:", 5) != 0;
}

}  // namespace

Status check_uri(const Config& config, const std::string& uri) {
  if (is_live(uri)) return check_live_uri(config, uri);
  if (has_other_scheme(uri)) {
    return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
                 fmt::format("\"{}\" is no scheme that a player reads: allowed is file:///absolute/path, "
                             "http(s)://, rtsp(s)://, rtmp:// and srt://",
                             uri.substr(0, uri.find(':'))));
  }
  if (!is_web(uri)) return UriPolicy(config).readable_file(uri).status();
  const auto policy = AddressPolicy::create(config.network.allow);
  return policy.ok() ? check_http_uri(uri, *policy) : policy.status();
}

std::unique_ptr<MediaSource> make_source(graph::ElementHost& host, const std::string& uri) {
  if (is_web(uri)) return std::make_unique<HttpSource>(host, uri);
  return std::make_unique<FileSource>(host, uri);
}

}  // namespace kms::player
