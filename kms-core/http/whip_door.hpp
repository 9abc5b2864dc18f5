// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/http/http_server.hpp"
#include "kms-core/http/rooms.hpp"

namespace kms::http {

// WHIP (RFC 9725) and WHEP: POST an SDP offer to /whip/{room} to publish, to /whep/{room} to watch; 201 gives
// the answer and a Location, DELETE of which ends it. A room is a session that gRPC sees (Rooms, Stage).
// `sessions` outlives the HttpServer.
void add_whip(HttpServer& server, graph::SessionStore& sessions, const Rooms::Settings& settings);

}  // namespace kms::http
