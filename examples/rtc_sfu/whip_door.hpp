// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "examples/rtc_sfu/rooms.hpp"
#include "kms-core/http/http_server.hpp"

namespace kms::sfu {

using http::HttpServer;

// WHIP and WHEP (RFC 9725): POST an SDP offer to /whip/{room} to publish, to /whep/{room} to watch; 201 gives
// the answer and a Location, DELETE of which ends the session. A publisher that is heard no more makes room
// for the next one, and viewers that stay see it. Trickle (PATCH) is refused with 405: the answer has all
// candidates. Thread-safe; to be destroyed after its HttpServer and before the rtc::Server.
class WhipDoor {
 public:
  // Participants that have never been connected, at most: whoever reaches the door can make some.
  static constexpr size_t kMaxConnecting = 500;

  explicit WhipDoor(rtc::Server& server, size_t max_connecting = kMaxConnecting);
  ~WhipDoor();

  // Adds the routes /whip, /whep and /whip-session.
  void open(HttpServer& http);

 private:
  struct State;

  // Shared with callbacks on RTC threads, which may outlive the door.
  std::shared_ptr<State> state_;
};

}  // namespace kms::sfu
