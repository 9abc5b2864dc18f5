// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "bench/loadtest/http_reply.hpp"
#include "bench/loadtest/http_target.hpp"
#include "kms-core/rtc/net/event_loop.hpp"

namespace kms::rtc::loadtest {

struct HttpRequest {
  std::string method;
  HttpTarget target;
  std::string token = {};  // of "Authorization: Bearer"; empty: none
  std::string body = {};   // a session description, if there is one
};

// One request and its answer over a connection of their own, on a loop's thread. Waits for ever: who has no
// more patience destroys it.
class HttpExchange {
 public:
  // Called once, from the loop; may destroy the exchange. Reasons of failure: HTTP_UNREACHABLE, HTTP_INVALID.
  using Done = std::function<void(Result<HttpReply>)>;

  HttpExchange(EventLoop& loop, const HttpRequest& request, Done done);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

 private:
  void begin(const SocketAddress& server);
  void on_event(uint32_t events);
  void write();
  void read();
  void finish(Result<HttpReply> result);

  EventLoop& loop_;
  Done done_;
  UniqueFd socket_;
  std::string unsent_;
  std::string received_;
};

}  // namespace kms::rtc::loadtest
