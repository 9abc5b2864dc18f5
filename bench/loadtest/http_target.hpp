// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "kms-core/rtc/net/socket_address.hpp"

namespace kms::rtc::loadtest {

// Where requests go: a server whose name has been looked up, and what they ask for there.
struct HttpTarget {
  // "http://host[:port]/path". Looks the name up, which blocks. Reason of failure: URL_INVALID.
  static Result<HttpTarget> parse(std::string_view url);

  // With "{room}" in the path replaced.
  HttpTarget for_room(std::string_view room) const;
  // Where a redirection (RFC 9110 section 15.4) leads, to another server perhaps, whose name it looks up.
  // Reason of failure: URL_INVALID.
  Result<HttpTarget> redirected_to(std::string_view location) const;
  // What a Location header of its answer leads to; on the same server, whatever host it names.
  HttpTarget at(std::string_view location) const;

  SocketAddress address;
  std::string host;  // as the Host header says it
  std::string path;
};

}  // namespace kms::rtc::loadtest
