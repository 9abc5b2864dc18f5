// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kms-core/graph/session.hpp"

namespace kms::graph {

// The sessions of this process, their leases and quotas. Any thread.
class SessionStore {
 public:
  explicit SessionStore(Environment& environment);
  ~SessionStore();  // every session must be closed

  // Errors as documented at SessionService.CreateSession.
  Result<v1::Session> create(const v1::CreateSessionRequest& request);

  // Runs `work` on the session's control loop. Errors: SESSION_NOT_FOUND (at once, `work` does not run).
  Status with_session(const std::string& name, absl::AnyInvocable<void(Session&)> work);

  // The session that a resource name (session or element) belongs to. Errors: INVALID_NAME, SESSION_NOT_FOUND.
  Result<std::shared_ptr<Session>> find(const std::string& resource) const;

  std::vector<std::string> names() const;  // ordered

  // Renews the lease; returns when it ends now. Errors: SESSION_NOT_FOUND.
  Result<std::chrono::system_clock::time_point> keep_alive(const std::string& name);
  // As long as the returned hold lives, the lease does not run out.
  Result<std::shared_ptr<void>> hold(const std::string& name);

  // `done` is called on the session's loop when everything is released.
  Status close(const std::string& name, const std::string& reason, Done done);

  // No new sessions from now on; closes all (SERVER_DRAINING); `done` is called when the last is gone.
  void drain(Task done);
  bool draining() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::graph
