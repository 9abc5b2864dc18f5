// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpc/grpc.h>
#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "kms-core/graph/feed.hpp"
#include "kms-core/graph/names.hpp"
#include "kms-core/graph/session_store.hpp"
#include "kms-core/rpc/context.hpp"
#include "kms-core/rpc/self_owned.hpp"
#include "kms-core/rpc/to_grpc_status.hpp"

namespace kms::rpc {

// A streaming method of an element's own service: what a Feed of the element has, at the client's pace, one
// write at a time and without a thread. A client that is gone ends the feed. One that does not read what
// waits at its end has `subscriber_grace` for it; then the call is cut off, as event streams are.
template <typename Message>
class FeedStream final : public SelfOwned<grpc::ServerWriteReactor<Message>> {
 public:
  using Feed = graph::Feed<Message>;
  using Opened = Result<std::shared_ptr<Feed>>;

  // Asks the element that the request names for a feed, on its session's loop, by `open(element)`. Errors as
  // of commands (command.hpp), and those of `open`.
  template <typename Element, typename Open>
  static FeedStream* start(const Context& context, grpc::CallbackServerContext* call, const std::string& name,
                           Open open) {
    auto* stream = FeedStream::template make<FeedStream>(call, context.subscriber_grace);
    auto beginning = std::make_shared<Beginning>(stream->state_, name);
    if (const auto parsed = graph::parse_element_name(name); !parsed.ok()) {
      beginning->with(parsed.status());
      return stream;
    }
    const auto posted =
        context.sessions.with_session(name, [beginning, name, open](graph::Session& session) mutable {
          auto element = session.find<Element>(name);
          beginning->with(element.ok() ? open(**element) : Opened(element.status()));
        });
    if (!posted.ok()) beginning->with(posted);
    return stream;
  }

  FeedStream(grpc::CallbackServerContext* call, std::chrono::milliseconds grace)
      : state_(std::make_shared<State>(*this, call, grace)) {}

 private:
  // gRPC is called without the mutex: a write or the end is begun by one thread only, and the reactor lives
  // until both are over. It also outlives the alarm: the end waits for it.
  struct State : std::enable_shared_from_this<State> {
    State(FeedStream& of, grpc::CallbackServerContext* in, std::chrono::milliseconds time)
        : stream(of), call(in), grace(time) {}

    void begin(std::shared_ptr<Feed> opened);
    void fail(const Status& status);
    void pump();
    typename Feed::Next take();  // what is to be begun now; marks it as begun
    void give_up();              // the client is gone
    void begin_grace();          // with the mutex held
    void grace_ended(bool expired);

    FeedStream& stream;
    grpc::CallbackServerContext* const call;
    const std::chrono::milliseconds grace;
    std::mutex mutex;
    std::shared_ptr<Feed> feed;              // guarded by mutex, as all below
    std::shared_ptr<const Message> writing;  // lives until its write is done
    grpc::Alarm alarm;
    enum class Grace { kNone, kRuns, kOver } state_of_grace = Grace::kNone;
    bool gone = false;      // the client
    bool finished = false;  // Finish was called
  };

  // The duty to begin, which goes along with the work: dropped with it, the call ends with CALL_DROPPED.
  class Beginning {
   public:
    Beginning(std::shared_ptr<State> state, std::string name)
        : state_(std::move(state)), name_(std::move(name)) {}
    Beginning(const Beginning&) = delete;
    Beginning& operator=(const Beginning&) = delete;
    ~Beginning() {
      if (state_)
        with(error(StatusCode::kAborted, "CALL_DROPPED",
                   "the session was released before the call had begun"));
    }
    void with(Opened opened) {
      const auto state = std::exchange(state_, nullptr);
      opened.ok() ? state->begin(*std::move(opened)) : state->fail(about(opened.status(), name_));
    }

   private:
    std::shared_ptr<State> state_;
    const std::string name_;
  };

  void OnWriteDone(bool delivered) override;
  void OnCancel() override;

  // Shared with the feed, which may wake when the stream is gone already.
  std::shared_ptr<State> state_;
};

template <typename Message>
void FeedStream<Message>::State::begin(std::shared_ptr<Feed> opened) {
  // From now on the client misses nothing. This is done before there is a feed: a write, which another thread
  // begins, sends the metadata as well, and gRPC aborts the process when it is to send them twice.
  stream.StartSendInitialMetadata();
  {
    const std::lock_guard lock(mutex);
    feed = opened;
    if (gone) feed->end(Status(StatusCode::kCancelled, "the client is gone"));
  }
  opened->on_wake([weak = this->weak_from_this()] {
    if (const auto alive = weak.lock()) alive->pump();
  });
  pump();
}

template <typename Message>
void FeedStream<Message>::State::fail(const Status& status) {
  {
    const std::lock_guard lock(mutex);
    finished = true;
  }
  stream.Finish(to_grpc_status(status));
}

template <typename Message>
void FeedStream<Message>::State::pump() {
  const auto next = take();
  if (next.item) stream.StartWrite(next.item.get());
  if (next.ended) stream.Finish(to_grpc_status(next.status));
}

template <typename Message>
typename FeedStream<Message>::Feed::Next FeedStream<Message>::State::take() {
  const std::lock_guard lock(mutex);
  if (!feed || finished) return {};
  if (writing) {
    if (feed->is_ended()) begin_grace();
    return {};
  }
  auto next = gone ? typename Feed::Next{nullptr, true, ok()} : feed->next();
  if (next.ended && state_of_grace == Grace::kRuns) {
    alarm.Cancel();  // which calls pump() again
    return {};
  }
  writing = next.item;
  finished = next.ended;
  if (writing && feed->is_ended()) begin_grace();
  return next;
}

template <typename Message>
void FeedStream<Message>::State::give_up() {
  std::shared_ptr<Feed> left;
  {
    const std::lock_guard lock(mutex);
    gone = true;
    left = feed;
  }
  if (left) left->end(Status(StatusCode::kCancelled, "the client is gone"));
}

template <typename Message>
void FeedStream<Message>::State::begin_grace() {
  if (state_of_grace != Grace::kNone) return;
  state_of_grace = Grace::kRuns;
  alarm.Set(std::chrono::system_clock::now() + grace, [this](bool expired) { grace_ended(expired); });
}

// The write that the client does not let through would never be done; see EventStream.
template <typename Message>
void FeedStream<Message>::State::grace_ended(bool expired) {
  constexpr auto kWhy = "SUBSCRIBER_TOO_SLOW: nobody read what waited here for limits.subscriber_grace";
  if (expired) grpc_call_cancel_with_status(call->c_call(), GRPC_STATUS_RESOURCE_EXHAUSTED, kWhy, nullptr);
  const auto alive = this->shared_from_this();  // pump() may end the stream
  {
    const std::lock_guard lock(mutex);
    state_of_grace = Grace::kOver;
  }
  pump();
}

template <typename Message>
void FeedStream<Message>::OnWriteDone(bool delivered) {
  const auto state = state_;  // pump() may end the stream
  if (!delivered) state->give_up();
  {
    const std::lock_guard lock(state->mutex);
    state->writing = nullptr;
  }
  state->pump();
}

template <typename Message>
void FeedStream<Message>::OnCancel() {
  const auto state = state_;
  state->give_up();
  state->pump();
}

}  // namespace kms::rpc
