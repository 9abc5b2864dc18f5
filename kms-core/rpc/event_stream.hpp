// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>

#include "kms-core/graph/event_log.hpp"
#include "kms-core/graph/session_store.hpp"
#include "kms-core/rpc/context.hpp"
#include "kms-core/rpc/self_owned.hpp"

namespace kms::rpc {

// One SubscribeEvents call: carries events from a session's log to a client at the client's pace, one write
// at a time, without a thread. Holds the session's lease while nothing waits for the client: one that does
// not read keeps nothing alive. When no more events come, the client has `subscriber_grace` to read what
// waits; then the call is cut off with RESOURCE_EXHAUSTED and a text, but no detail.
class EventStream final : public SelfOwned<grpc::ServerWriteReactor<v1::Event>> {
 public:
  // Begins the stream, or ends it at once with the error. Any thread.
  static EventStream* start(const Context& context, grpc::CallbackServerContext* call,
                            const v1::SubscribeEventsRequest& request);

  EventStream(const Context& context, grpc::CallbackServerContext* call);

 private:
  struct State;

  Status subscribe(const v1::SubscribeEventsRequest& request);
  void OnWriteDone(bool delivered) override;
  void OnCancel() override;
  void released() override;

  // Shared with the session's log, which may wake from another thread when the stream is gone already.
  std::shared_ptr<State> state_;
  std::shared_ptr<graph::Session> session_;  // shared with the store: its log must outlive the subscription
};

}  // namespace kms::rpc
