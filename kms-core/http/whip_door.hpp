// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "kms-core/http/http_server.hpp"
#include "kms-core/http/rooms.hpp"

namespace kms::http {

// WHIP and WHEP (RFC 9725): POST an SDP offer to /whip/{room} to publish, to /whep/{room} to watch; 201 gives
// the answer and a Location, DELETE of which ends the session. Trickle (PATCH) is refused with 405: the
// answer has all candidates. Thread-safe; to be destroyed after its HttpServer and before the rtc::Server.
class WhipDoor {
 public:
  explicit WhipDoor(rtc::Server& server);
  ~WhipDoor();

  // Adds the routes /whip, /whep and /whip-session.
  void open(HttpServer& http);

 private:
  struct State;

  // Shared with callbacks on RTC threads, which may outlive the door.
  std::shared_ptr<State> state_;
};

}  // namespace kms::http
