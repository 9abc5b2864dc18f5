// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/unary_call.hpp"

#include <algorithm>

#include "kms-core/rpc/to_grpc_status.hpp"

namespace kms::rpc {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

// gRPC tells a deadline in wall time, which may be set while the call waits, and does not go by it.
steady_clock::time_point steady(system_clock::time_point deadline) {
  constexpr std::chrono::hours kFar{24 * 365};  // there is none
  return steady_clock::now() + std::min<system_clock::duration>(deadline - system_clock::now(), kFar);
}

}  // namespace

UnaryCall::UnaryCall(system_clock::time_point deadline) : deadline_(steady(deadline)) {}

bool UnaryCall::is_wanted() const { return !cancelled_ && steady_clock::now() <= deadline_; }

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
