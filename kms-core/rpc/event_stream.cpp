// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/event_stream.hpp"

#include <grpc/grpc.h>
#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>

#include <mutex>
#include <string>
#include <utility>

#include "kms-core/graph/names.hpp"
#include "kms-core/rpc/to_grpc_status.hpp"

namespace kms::rpc {

// What the stream does next is decided under the mutex; gRPC is called without it. That is safe, as a write
// or the end is begun by one thread only, and the reactor lives until both are over. It also outlives the
// alarm: the end waits for it.
struct EventStream::State {
  State(EventStream& of, const Context& about, grpc::CallbackServerContext* in)
      : stream(&of), sessions(about.sessions), grace(about.subscriber_grace), call(in) {}

  void pump();
  graph::Subscription::Item take();  // what is to be begun now; marks it as begun
  void give_up();                    // the client is gone
  void hold();                       // the lease; with the mutex held, as the next two
  void begin_grace();
  bool grace_is_over();
  void grace_ended(bool expired);
  void cut_off();  // the client, which does not read

  std::mutex mutex;
  EventStream* stream;  // null once it is gone; guarded by mutex, as all below
  graph::SessionStore& sessions;
  const std::chrono::milliseconds grace;
  grpc::CallbackServerContext* const call;
  std::string session = {};
  std::shared_ptr<graph::Subscription> subscription;
  std::shared_ptr<void> lease_hold;
  graph::EventPtr writing = {};  // lives until its write is done
  grpc::Alarm alarm;             // runs once: when nothing more comes and the client has not read all
  enum class Grace { kNone, kRuns, kOver } state_of_grace = Grace::kNone;
  bool gone = false;   // the client
  bool ended = false;  // Finish was called
};

graph::Subscription::Item EventStream::State::take() {
  const std::lock_guard lock(mutex);
  if (stream == nullptr || !subscription || ended) return {};
  if (writing) {
    if (subscription->ended()) begin_grace();
    return {};
  }
  auto item = gone ? graph::Subscription::Item{nullptr, true} : subscription->next();
  if (item.ended && !grace_is_over()) return {};
  writing = item.event;
  ended = item.ended;
  if (writing || ended) lease_hold.reset();
  if (writing && subscription->ended()) begin_grace();
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
  lease_hold.reset();
}

// None when the session is being closed: its last events are still sent.
void EventStream::State::hold() {
  if (gone || subscription->ended()) return;
  auto held = sessions.hold(session);
  if (held.ok()) lease_hold = *std::move(held);
}

void EventStream::State::begin_grace() {
  if (std::exchange(state_of_grace, Grace::kRuns) != Grace::kNone) return;
  alarm.Set(std::chrono::system_clock::now() + grace, [this](bool expired) { grace_ended(expired); });
}

// Otherwise the alarm is told to stop, and calls pump() when it has.
bool EventStream::State::grace_is_over() {
  if (state_of_grace == Grace::kRuns) alarm.Cancel();
  return state_of_grace != Grace::kRuns;
}

// A write that the client does not let through is never done, and Finish() would wait for it, with its
// detail. Only the call's own cancelling goes past it; gRPC for C++ does that with CANCELLED and no word, its
// core with any code and a text.
void EventStream::State::cut_off() {
  constexpr auto kWhy =
      "SUBSCRIBER_TOO_SLOW: nobody read what waited here for limits.subscriber_grace; subscribe again with "
      "after_sequence";
  grpc_call_cancel_with_status(call->c_call(), GRPC_STATUS_RESOURCE_EXHAUSTED, kWhy, nullptr);
}

void EventStream::State::grace_ended(bool expired) {
  if (expired) cut_off();
  const auto state = stream->state_;  // pump() may end the stream
  {
    const std::lock_guard lock(mutex);
    state_of_grace = Grace::kOver;
  }
  pump();
}

EventStream::EventStream(const Context& context, grpc::CallbackServerContext* call)
    : state_(std::make_shared<State>(*this, context, call)) {}

EventStream* EventStream::start(const Context& context, grpc::CallbackServerContext* call,
                                const v1::SubscribeEventsRequest& request) {
  auto* stream = make<EventStream>(context, call);
  if (const auto status = stream->subscribe(request); !status.ok()) {
    stream->Finish(to_grpc_status(about(status, request.name())));
    return stream;
  }
  stream->StartSendInitialMetadata();  // tells the client that from now on it misses nothing
  stream->state_->pump();
  return stream;
}

Status EventStream::subscribe(const v1::SubscribeEventsRequest& request) {
  if (auto name = graph::parse_session_name(request.name()); !name.ok()) return name.status();
  auto session = state_->sessions.find(request.name());
  if (!session.ok()) return session.status();
  const std::weak_ptr<State> state = state_;
  auto subscription = (*session)->events().subscribe(request.after_sequence(), [state] {
    if (const auto alive = state.lock()) alive->pump();
  });
  if (!subscription.ok()) return subscription.status();
  session_ = *std::move(session);
  const std::lock_guard lock(state_->mutex);
  state_->session = request.name();
  state_->subscription = *std::move(subscription);
  state_->hold();
  return ok();
}

void EventStream::OnWriteDone(bool delivered) {
  const auto state = state_;  // pump() may end the stream
  if (!delivered) state->give_up();
  {
    const std::lock_guard lock(state->mutex);
    state->writing = nullptr;
    state->hold();
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
