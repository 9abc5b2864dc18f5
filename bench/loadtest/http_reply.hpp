// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kms-core/base/status.hpp"

namespace kms::rtc::loadtest {

// What a server answers to a request of WHIP or WHEP (RFC 9112), as far as anybody here asks for it.
struct HttpReply {
  // Larger ones are no answers with a session description.
  static constexpr size_t kMaxSize = 1 << 20;

  int status = 0;
  std::string location;
  std::string body;
};

// Reads what has come so far; `ended`: the server has closed the connection. Nothing while more must come.
// Reason of failure: HTTP_INVALID.
Result<std::optional<HttpReply>> read_http_reply(std::string_view text, bool ended);

}  // namespace kms::rtc::loadtest
