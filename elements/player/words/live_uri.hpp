// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"

namespace kms::player {

// The address of a live source, taken apart.
struct LiveUri {
  std::string scheme;    // lower case
  std::string host;      // a name or an address, without brackets
  uint16_t port = 0;     // 0: none given
  std::string path;      // with its query, as it was written; may be empty
  std::string query;     // without '?', as it was written
  std::string user;      // decoded
  std::string password;  // decoded

  // As it was given, but for user and password, with `to` in place of the host.
  std::string leading_to(const std::string& to) const;
  std::string shown() const { return leading_to(host); }
};

// rtsp, rtsps, rtmp, srt. Without a look at anything else.
bool is_live(const std::string& uri);
bool is_rtsp(const std::string& uri);
// An SRT peer that is called, not one that calls.
bool is_listener(const LiveUri& uri);
// Decoded; empty: not there.
std::string query_value(const LiveUri& uri, const std::string& name);

// Errors: INVALID_OPTIONS, in texts without user and password.
Result<LiveUri> parse_live_uri(const std::string& uri);
// Errors: INVALID_OPTIONS, URI_NOT_ALLOWED (for addresses in numbers; names are looked up when it is opened).
Status check_live_uri(const Config& config, const std::string& uri);

// `text` with user and password of `uri` taken out where it says `uri`.
std::string without_credentials(std::string text, const std::string& uri);
Status without_credentials(const Status& status, const std::string& uri);

}  // namespace kms::player
