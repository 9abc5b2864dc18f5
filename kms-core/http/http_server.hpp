// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "kms-core/base/loop.hpp"
#include "kms-core/base/task.hpp"
#include "kms-core/http/http_message.hpp"

namespace kms::http {

// The HTTP door: routes requests to handlers, on a loop of its own. An answer ends its connection.
// Thread-safe.
class HttpServer {
 public:
  // Beyond them a connection is closed.
  struct Limits {
    size_t connections = 4096;
    std::chrono::milliseconds to_ask{20'000};     // a whole request, from the connection on
    std::chrono::milliseconds to_answer{60'000};  // until the client has taken the answer
  };

  // Answers a request: once, from any thread, now or later. An answer that is dropped becomes a 500; one that
  // comes after the server's end is ignored.
  using Answer = absl::AnyInvocable<void(Response)>;
  // Called on the server's loop; must not block.
  using Handler = std::function<void(Request, Answer)>;

  // Begins to listen; every path is 404 until it has a route. Errors: INVALID_ADDRESS, LISTEN_FAILED.
  static Result<std::unique_ptr<HttpServer>> start(const std::string& listen, const Limits& limits);
  static Result<std::unique_ptr<HttpServer>> start(const std::string& listen);
  ~HttpServer();  // not on its loop
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Requests for `path` and everything below it go to `handler`; the longest route wins.
  void route(const std::string& path, Handler handler);

  // Runs a task on the server's loop, from any thread; does nothing once the server is gone.
  std::function<void(Task)> poster() const;
  // For timers of handlers.
  Loop& loop() { return loop_; }

  const std::string& address() const { return address_; }  // with the port that was taken

 private:
  struct Impl;
  explicit HttpServer(const Limits& limits);
  Status listen(const std::string& address);

  std::string address_;
  Loop loop_{"http"};
  std::unique_ptr<Impl> impl_;  // on the loop
};

}  // namespace kms::http
