// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/unary_call.hpp"

#include "kms-core/rpc/to_grpc_status.hpp"

namespace kms::rpc {

bool UnaryCall::is_wanted() const { return !cancelled_ && std::chrono::system_clock::now() <= deadline_; }

void UnaryCall::answer(const Status& status) { Finish(to_grpc_status(status)); }

void UnaryCall::drop() { Finish(grpc::Status::CANCELLED); }

Answer::~Answer() {
  if (call_ == nullptr) return;
  send(error(StatusCode::kAborted, "CALL_DROPPED",
             "the session or element was released before the call had ended"));
}

void Answer::send(const Status& status) { std::exchange(call_, nullptr)->answer(status); }

void Answer::drop() { std::exchange(call_, nullptr)->drop(); }

}  // namespace kms::rpc
