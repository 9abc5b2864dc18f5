// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/unary_call.hpp"

#include "kms-core/rpc/to_grpc_status.hpp"

namespace kms::rpc {

Status UnaryCall::still_wanted() const {
  if (std::chrono::system_clock::now() > deadline_) {
    return error(StatusCode::kDeadlineExceeded, "DEADLINE",
                 "the call's deadline passed before its work began; nothing was done");
  }
  if (cancelled_) {
    return error(StatusCode::kCancelled, "CALLER_GONE",
                 "the call was cancelled before its work began; nothing was done");
  }
  return ok();
}

void UnaryCall::answer(const Status& status) { Finish(to_grpc_status(status)); }

Answer::~Answer() {
  if (call_ == nullptr) return;
  send(error(StatusCode::kAborted, "CALL_DROPPED",
             "the session or element was released before the call had ended"));
}

void Answer::send(const Status& status) { std::exchange(call_, nullptr)->answer(status); }

}  // namespace kms::rpc
