// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/base/loop.hpp"
#include "kms-core/base/task.hpp"
#include "kms-core/http/http_message.hpp"

namespace kms::http {

// The HTTP door: routes requests to handlers, on a loop of its own. Thread-safe.
class HttpServer {
 public:
  // Answers a request: once, from any thread, now or later. An answer that is dropped becomes a 500; one that
  // comes after the server's end is ignored.
  using Answer = absl::AnyInvocable<void(Response)>;
  // Called on the server's loop; must not block.
  using Handler = std::function<void(Request, Answer)>;

  // Begins to listen; every path is 404 until it has a route. Errors: INVALID_ADDRESS, LISTEN_FAILED.
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
  HttpServer();
  Status listen(const std::string& address);

  std::string address_;
  Loop loop_{"http"};
  std::unique_ptr<Impl> impl_;  // on the loop
};

}  // namespace kms::http
