// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/graph/request_log.hpp"
#include "kms-core/graph/session.hpp"

namespace kms::graph {

// The sessions of this process, their leases and quotas. Any thread.
class SessionStore {
 public:
  explicit SessionStore(Environment& environment);
  ~SessionStore();  // every session must be closed; not on a control loop

  // Errors as documented at SessionService.CreateSession.
  Result<v1::Session> create(const v1::CreateSessionRequest& request);

  // Counts sessions or elements that are to be made against limits.creates_per_second. Errors:
  // CREATE_RATE_QUOTA. create() does so by itself.
  Status admit(unsigned creates);

  // Runs `work` on the control loop of the session that a resource name (session or element) belongs to.
  // Errors: INVALID_NAME, SESSION_NOT_FOUND (at once, `work` does not run; a session that is being closed is
  // not found).
  Status with_session(const std::string& resource, absl::AnyInvocable<void(Session&)> work);

  // The session that a resource name belongs to, also while it is being closed. Errors: INVALID_NAME,
  // SESSION_NOT_FOUND.
  Result<std::shared_ptr<Session>> find(const std::string& resource) const;

  std::vector<std::string> names() const;  // ordered

  // Renews the lease; returns when it ends now. Errors: SESSION_NOT_FOUND.
  Result<std::chrono::system_clock::time_point> keep_alive(const std::string& name);
  // As long as the returned hold lives, the lease does not run out. Errors: SESSION_NOT_FOUND.
  Result<std::shared_ptr<void>> hold(const std::string& name);

  // `done` is called on the session's loop when everything is released. Errors: SESSION_NOT_FOUND (at once).
  Status close(const std::string& name, const std::string& reason, Done done);

  // Answers of earlier creates; a session's are forgotten when it ends.
  RequestLog& requests();

  // No new sessions from now on; closes all (SERVER_DRAINING); `done` is called when the last is gone,
  // perhaps at once.
  void drain(Task done);
  bool draining() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::graph
