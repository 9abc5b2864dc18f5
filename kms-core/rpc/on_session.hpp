// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include "kms-core/graph/names.hpp"
#include "kms-core/graph/session_store.hpp"
#include "kms-core/rpc/context.hpp"
#include "kms-core/rpc/incoming.hpp"

namespace kms::rpc {

// How `work` may look, with a subject (a session or element) before the request:
//   (subject, request, Reply<Response>)      answers later, on the same loop
//   (subject, request) -> Result<Response>   answers at once
//   (subject, request) -> Status             the same, for an empty response
template <typename Request, typename Response, typename Subject, typename Work>
void perform(Work& work, Subject& subject, const Request& request, Reply<Response> reply) {
  if constexpr (std::is_invocable_v<Work&, Subject&, const Request&, Reply<Response>>) {
    work(subject, request, std::move(reply));
  } else if constexpr (std::is_same_v<std::invoke_result_t<Work&, Subject&, const Request&>, Status>) {
    const Status status = work(subject, request);
    reply(status.ok() ? Result<Response>(Response()) : Result<Response>(status));
  } else {
    reply(work(subject, request));
  }
}

// For work that tells only how it ended: an empty response, or the error.
template <typename Response>
Done when_done(Reply<Response> reply) {
  return [reply = std::move(reply)](const Status& status) mutable {
    reply(status.ok() ? Result<Response>(Response()) : Result<Response>(status));
  };
}

// Posts `begin(session, incoming)` to the control loop of the session that the request names, and answers for
// it when there is none. Does nothing when nobody waits any more by the time the loop comes to it.
template <typename Request, typename Response, typename Begin>
void post_to_session(Context& context, const Incoming<Request, Response>& incoming, Begin begin) {
  const auto status = context.sessions.with_session(
      incoming.resource(), [incoming, begin = std::move(begin)](graph::Session& session) mutable {
        if (!incoming.is_wanted()) return incoming.drop();
        begin(session, incoming);
      });
  if (!status.ok()) incoming.fail(status);
}

// A call about what `parse` accepts as name: checks it and performs `work` with the session.
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* on_resource(Context& context, Incoming<Request, Response> incoming,
                                      Result<graph::Name> name, Work work) {
  auto* reactor = incoming.reactor();
  if (!name.ok()) {
    incoming.fail(name.status());
    return reactor;
  }
  post_to_session(context, incoming,
                  [work = std::move(work)](graph::Session& session, const auto& call) mutable {
                    perform<Request, Response>(work, session, call.request(), call.reply());
                  });
  return reactor;
}

// A call about a session: the request's field 1 must be a session's name, or with on_element an element's.
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* on_session(Context& context, Incoming<Request, Response> incoming, Work work) {
  return on_resource(context, incoming, graph::parse_session_name(incoming.resource()), std::move(work));
}
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* on_element(Context& context, Incoming<Request, Response> incoming, Work work) {
  return on_resource(context, incoming, graph::parse_element_name(incoming.resource()), std::move(work));
}

}  // namespace kms::rpc
