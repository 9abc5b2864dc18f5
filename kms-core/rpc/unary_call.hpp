// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>

#include "kms-core/base/status.hpp"
#include "kms-core/rpc/self_owned.hpp"

namespace kms::rpc {

// One unary call under way. Lives until it was answered, also when its client has gone before.
class UnaryCall final : public SelfOwned<grpc::ServerUnaryReactor> {
 public:
  explicit UnaryCall(std::chrono::system_clock::time_point deadline) : deadline_(deadline) {}

  // OK, or why nobody waits for the answer any more: CANCELLED/CALLER_GONE, DEADLINE_EXCEEDED/DEADLINE. Any
  // thread.
  Status still_wanted() const;

  // Answers the call. Once; the call must not be touched afterwards. Any thread.
  void answer(const Status& status);

 private:
  void OnCancel() override { cancelled_ = true; }

  const std::chrono::system_clock::time_point deadline_;
  std::atomic<bool> cancelled_ = false;
};

// The duty to answer a call, which goes along with its work: when the work is dropped, the call is answered
// with ABORTED/CALL_DROPPED.
class Answer {
 public:
  explicit Answer(UnaryCall& call) : call_(&call) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer();

  Status still_wanted() const { return call_->still_wanted(); }
  void send(const Status& status);  // once

 private:
  UnaryCall* call_;
};

}  // namespace kms::rpc
