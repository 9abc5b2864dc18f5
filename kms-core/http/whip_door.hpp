// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/http/http_server.hpp"
#include "kms-core/http/rooms.hpp"
#include "kms-core/http/tokens.hpp"

namespace kms::http {

struct WhipSettings {
  Rooms::Settings rooms = {};
  Tokens::Files tokens = {};
  std::vector<Config::IceServer> ice_servers = {};  // that clients are told of
};

// WHIP (RFC 9725) and WHEP: POST an SDP offer to /whip/{room} to publish, to /whep/{room} to watch; 201 gives
// the answer and a Location, PATCH of which tells candidates or restarts ICE and DELETE of which ends it. A
// room is a session that gRPC sees (Rooms, Stage). `sessions` and `workers` outlive the HttpServer.
void add_whip(HttpServer& server, graph::SessionStore& sessions, WorkerPool& workers,
              const WhipSettings& settings);

}  // namespace kms::http
