// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "kms-core/base/task.hpp"
#include "kms-core/graph/names.hpp"
#include "kms-core/graph/session_store.hpp"
#include "kms-core/rpc/context.hpp"
#include "kms-core/rpc/self_owned.hpp"
#include "kms-core/rpc/to_grpc_status.hpp"

namespace kms::rpc {

// A client-streaming method of an element's own service: each request is a command, done before the next one
// is read, so that a client is as fast as its commands are and no more of it waits here. The first request
// names the element; later ones may leave that out. Ends with the client's last request, or with the first
// error. No thread.
template <typename Request, typename Response>
class CommandStream final : public SelfOwned<grpc::ServerReadReactor<Request>> {
 public:
  // Whether the client is gone, and what it asked for last is not wanted any more. Any thread.
  using IsGone = std::function<bool()>;
  // Does one request on the session's loop, and answers with what the stream's response is from then on.
  template <typename Element>
  using Work =
      std::function<void(Element& element, const Request& request, IsGone is_gone, Reply<Response> reply)>;

  template <typename Element>
  static CommandStream* start(const Context& context, Response* response, Work<Element> work) {
    auto* stream = CommandStream::template make<CommandStream>(response);
    stream->state_->begin = [&context, work](const std::shared_ptr<State>& state) {
      auto turn = std::make_shared<Turn>(state);
      const auto posted =
          context.sessions.with_session(state->name, [turn, work](graph::Session& session) mutable {
            const auto element = session.find<Element>(turn->name());
            if (!element.ok()) return turn->done(element.status());
            work(**element, turn->request(), turn->is_gone(),
                 [turn](Result<Response> result) { turn->done(std::move(result)); });
          });
      if (!posted.ok()) turn->done(posted);
    };
    stream->StartRead(&stream->state_->request);
    return stream;
  }

  explicit CommandStream(Response* response) : state_(std::make_shared<State>(*this, response)) {}

 private:
  // One of reading and working is under way at a time, and ends before the other begins; a client that goes
  // while work waits ends the call; the work can see that, and its answer finds nobody.
  struct State {
    State(CommandStream& of, Response* out) : stream(of), response(out) {}

    void read_done(const std::shared_ptr<State>& self, bool got);
    void work_done(Result<Response> result);
    void give_up();
    bool is_over() {
      const std::lock_guard lock(mutex);
      return finished;
    }

    CommandStream& stream;
    Response* const response;
    std::function<void(const std::shared_ptr<State>&)> begin;
    Request request;
    std::string name;
    std::mutex mutex;
    bool working = false;   // guarded by mutex, as all below
    bool finished = false;  // Finish was called, the stream may be gone
  };

  // The duty to go on, which goes along with the work: dropped with it, the call ends with CALL_DROPPED.
  class Turn {
   public:
    explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { done(error(StatusCode::kAborted, "CALL_DROPPED", "the session was released meanwhile")); }

    const std::string& name() const { return state_->name; }
    const Request& request() const { return state_->request; }
    IsGone is_gone() const {
      return [state = state_] { return state->is_over(); };
    }
    void done(Result<Response> result) {
      if (const auto state = std::exchange(state_, nullptr)) state->work_done(std::move(result));
    }

   private:
    std::shared_ptr<State> state_;
  };

  void OnReadDone(bool got) override {
    const auto state = state_;  // the stream may end
    state->read_done(state, got);
  }
  void OnCancel() override {
    const auto state = state_;
    state->give_up();
  }

  std::shared_ptr<State> state_;
};

template <typename Request, typename Response>
void CommandStream<Request, Response>::State::read_done(const std::shared_ptr<State>& self, bool got) {
  if (got && name.empty()) name = request.name();
  const auto named = graph::parse_element_name(name);
  const bool other = got && !request.name().empty() && request.name() != name;
  Status status = got && !named.ok() ? named.status() : ok();
  if (other) status = error(StatusCode::kInvalidArgument, "INVALID_NAME", "a stream is about one element");
  const bool goes_on = got && status.ok();
  {
    const std::lock_guard lock(mutex);
    working = goes_on;
    finished = !goes_on;
  }
  if (goes_on) return begin(self);
  stream.Finish(to_grpc_status(status.ok() ? status : about(status, name)));
}

template <typename Request, typename Response>
void CommandStream<Request, Response>::State::work_done(Result<Response> result) {
  {
    const std::lock_guard lock(mutex);
    working = false;
    if (finished) return;
    finished = !result.ok();
  }
  if (!result.ok()) return stream.Finish(to_grpc_status(about(result.status(), name)));
  *response = *std::move(result);
  stream.StartRead(&request);
}

// A read that is under way tells by itself that the client is gone.
template <typename Request, typename Response>
void CommandStream<Request, Response>::State::give_up() {
  {
    const std::lock_guard lock(mutex);
    if (!working || finished) return;
    finished = true;
  }
  stream.Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the client is gone"));
}

}  // namespace kms::rpc
