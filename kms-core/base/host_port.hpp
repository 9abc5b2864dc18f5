// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kms-core/base/status.hpp"

namespace kms {

// Where a server listens: a numeric IP address (IPv6 in brackets) or "localhost", and a TCP port; 0 takes a
// free one.
struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;

  bool loopback() const;
  std::string to_string() const;
};

// Reads "127.0.0.1:8080", "[::1]:8080" or "localhost:0". Errors: INVALID_ADDRESS.
Result<HostPort> parse_host_port(std::string_view text);

}  // namespace kms
