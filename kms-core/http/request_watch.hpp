// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libsoup/soup.h>

#include <map>
#include <memory>

#include "kms-core/base/loop.hpp"
#include "kms-core/http/http_server.hpp"

namespace kms::http {

// Closes connections that say nothing, or say it too slowly, and those beyond the limit: libsoup has no
// limits of its own. On the server's loop.
class RequestWatch {
 public:
  RequestWatch(Loop& loop, SoupServer* server, const HttpServer::Limits& limits);
  RequestWatch(const RequestWatch&) = delete;
  RequestWatch& operator=(const RequestWatch&) = delete;

  // False once the connection was closed for what it cost: libsoup takes what was cut off for a whole
  // request.
  bool has(SoupServerMessage* message) const {
    return open_.contains(soup_server_message_get_socket(message));
  }

 private:
  struct Unref {
    void operator()(GSocket* socket) const { g_object_unref(socket); }
  };
  struct Connection {
    std::unique_ptr<GSocket, Unref> socket;
    Loop::Timer timer;
  };
  using Event = void (RequestWatch::*)(GSocket* socket);
  void on(SoupServer* server, const char* signal, Event event);
  void started(GSocket* socket);
  void read(GSocket* socket);
  void ended(GSocket* socket) { open_.erase(socket); }
  void expect(GSocket* socket, std::chrono::milliseconds limit);
  bool is_full();

  Loop& loop_;
  const HttpServer::Limits limits_;
  std::map<GSocket*, Connection> open_;  // and some that have been closed since
};

}  // namespace kms::http
