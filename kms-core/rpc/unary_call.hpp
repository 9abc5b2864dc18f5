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
  explicit UnaryCall(std::chrono::system_clock::time_point deadline);

  // False once nobody waits for the answer any more: the call was cancelled, or its deadline has passed. Any
  // thread.
  bool is_wanted() const;

  // Ends the call, one of the two. Once; the call must not be touched afterwards. Any thread.
  void answer(const Status& status);
  void drop();  // it is not wanted: gRPC has told its caller already, and nobody hears of this end

 private:
  void OnCancel() override { cancelled_ = true; }

  const std::chrono::steady_clock::time_point deadline_;
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

  bool is_wanted() const { return call_->is_wanted(); }
  // One of the two, once.
  void send(const Status& status);
  void drop();

 private:
  UnaryCall* call_;
};

}  // namespace kms::rpc
