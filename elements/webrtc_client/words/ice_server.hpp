// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms::webrtc_client {

// A STUN or TURN server (RFC 7064, RFC 7065).
struct IceServer {
  bool relay = false;  // TURN
  std::string host;    // a name or an address, without brackets
  uint16_t port = 3478;
  std::string transport;  // of TURN: "udp", "tcp"; empty: both
  std::string user;
  std::string credential;

  // As libnice's element wants it, with an address of the host in its place: "turn://user:credential@...".
  std::string leading_to(const std::string& address) const;
};

// Reads "stun:host[:port]" and "turn:host[:port][?transport=udp|tcp]". Errors: INVALID_OPTIONS, also for
// stuns: and turns:, which libnice does not speak.
Result<IceServer> parse_ice_server(std::string_view uri);

// What Link headers say of ICE servers (RFC 9725 section 4.6, RFC 8288); what cannot be used is left out. At
// most 8.
std::vector<IceServer> ice_servers_of(const std::vector<std::string>& links);

}  // namespace kms::webrtc_client
