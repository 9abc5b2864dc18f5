// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/event_stream.hpp"

#include <mutex>
#include <utility>

#include "kms-core/graph/names.hpp"
#include "kms-core/rpc/to_grpc_status.hpp"

namespace kms::rpc {

// What the stream does next is decided under the mutex; gRPC is called without it. That is safe, as a write
// or the end is begun by one thread only, and the reactor lives until both are over.
struct EventStream::State {
  explicit State(EventStream& of) : stream(&of) {}

  void pump();
  graph::Subscription::Item take();  // what is to be begun now; marks it as begun
  void give_up();                    // the client is gone

  std::mutex mutex;
  EventStream* stream;  // null once it is gone; guarded by mutex, as all below
  std::shared_ptr<graph::Subscription> subscription;
  std::shared_ptr<void> hold;    // of the lease
  graph::EventPtr writing = {};  // lives until its write is done
  bool gone = false;             // the client
  bool ended = false;            // Finish was called
};

graph::Subscription::Item EventStream::State::take() {
  static const Status left = error(StatusCode::kCancelled, "CALLER_GONE", "the client has gone");
  const std::lock_guard lock(mutex);
  if (stream == nullptr || !subscription || writing || ended) return {};
  auto item = gone ? graph::Subscription::Item{nullptr, true, left} : subscription->next();
  writing = item.event;
  ended = item.ended;
  if (ended) hold.reset();
  return item;
}

void EventStream::State::pump() {
  const auto item = take();
  if (item.event) stream->StartWrite(item.event.get());
  if (item.ended) stream->Finish(to_grpc_status(item.status));
}

void EventStream::State::give_up() {
  const std::lock_guard lock(mutex);
  gone = true;
  hold.reset();
}

EventStream::EventStream() : state_(std::make_shared<State>(*this)) {}

EventStream* EventStream::start(graph::SessionStore& sessions, const v1::SubscribeEventsRequest& request) {
  auto* stream = make<EventStream>();
  if (const auto status = stream->subscribe(sessions, request); !status.ok()) {
    stream->Finish(to_grpc_status(about(status, request.name())));
    return stream;
  }
  stream->StartSendInitialMetadata();  // tells the client that from now on it misses nothing
  stream->state_->pump();
  return stream;
}

Status EventStream::subscribe(graph::SessionStore& sessions, const v1::SubscribeEventsRequest& request) {
  if (auto name = graph::parse_session_name(request.name()); !name.ok()) return name.status();
  auto session = sessions.find(request.name());
  if (!session.ok()) return session.status();
  const std::weak_ptr<State> state = state_;
  auto subscription = (*session)->events().subscribe(request.after_sequence(), [state] {
    if (const auto alive = state.lock()) alive->pump();
  });
  if (!subscription.ok()) return subscription.status();
  auto hold =
      sessions.hold(request.name());  // none when the session is being closed: its last events are still sent
  session_ = *std::move(session);
  const std::lock_guard lock(state_->mutex);
  state_->subscription = *std::move(subscription);
  if (hold.ok()) state_->hold = *std::move(hold);
  return ok();
}

void EventStream::OnWriteDone(bool delivered) {
  const auto state = state_;  // pump() may end the stream
  if (!delivered) state->give_up();
  {
    const std::lock_guard lock(state->mutex);
    state->writing = nullptr;
  }
  state->pump();
}

void EventStream::OnCancel() {
  const auto state = state_;
  state->give_up();
  state->pump();
}

void EventStream::released() {
  const std::lock_guard lock(state_->mutex);
  state_->stream = nullptr;
  if (state_->subscription) session_->events().unsubscribe(state_->subscription);
}

}  // namespace kms::rpc
