// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kms-core/base/config.hpp"
#include "kms-core/base/task.hpp"

namespace kms::server {

// The whole server in one process: what knows all the other parts. Thread-safe.
class Application {
 public:
  // Begins to listen. Errors: LISTEN_FAILED, and those of rtc::Server::start() and
  // storage::Uploads::start().
  static Result<std::unique_ptr<Application>> start(const Config& config);
  ~Application();  // every session must be closed, by drain()

  const std::string& grpc_address() const;
  const std::string& http_address() const;

  // No new sessions; recordings are finished and everything is closed; then, when no call into media hangs
  // any more, `done` is called, on any thread. Without that the destructor would wait for ever.
  void drain(Task done);

 private:
  struct Impl;
  explicit Application(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::server
