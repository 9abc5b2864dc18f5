// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libsoup/soup.h>

#include <memory>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/http/rooms.hpp"

namespace kms::http {

struct WhipOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  // Served at "/" if not empty.
  std::string page;
};

// WHIP and WHEP over HTTP (RFC 9725): POST /whip/{room} publishes, POST /whep/{room} watches; 201 with the
// answer and a Location, DELETE of which ends the session. Trickle (PATCH) is refused with 405: the answer
// has all candidates. Made, used and destroyed on the thread of its GMainContext.
class WhipDoor {
 public:
  // Begins to serve on `context`. Reason PORT_UNAVAILABLE.
  static Result<std::unique_ptr<WhipDoor>> open(GMainContext* context, rtc::Server& server,
                                                const WhipOptions& options);
  ~WhipDoor();

  uint16_t port() const;

 private:
  WhipDoor(GMainContext* context, rtc::Server& server, const WhipOptions& options);
  static void on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                         gpointer self);
  void serve(SoupServerMessage* message, const std::string& path);
  void create(SoupServerMessage* message, const std::string& room, bool publishes);
  void finish(SoupServerMessage* message, const std::string& name, const Result<rtc::Answer>& answer);
  void end(SoupServerMessage* message, const std::string& name);

  GMainContext* context_;
  rtc::Server& server_;
  WhipOptions options_;
  SoupServer* soup_ = nullptr;
  // Dies with the door: what arrives later from an RTC thread is dropped.
  std::shared_ptr<WhipDoor*> self_ = std::make_shared<WhipDoor*>(this);
  Rooms rooms_;
};

}  // namespace kms::http
