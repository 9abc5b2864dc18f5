// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "kms-core/rpc/on_session.hpp"

namespace kms::rpc {

// The request's bytes, the same for the same request.
std::string canonical_bytes(const google::protobuf::Message& request);

// Does `work(Reply<Response>)` for a call that creates something, unless its request id was seen before: then
// the first call's answer is given again.
template <typename Request, typename Response, typename Work>
void once(Context& context, const Incoming<Request, Response>& incoming, Work work) {
  const auto& request = incoming.request();
  if (request.request_id().empty()) return work(incoming.reply());
  graph::RequestLog::Key key{{}, std::string(Request::descriptor()->full_name()), request.request_id()};
  if constexpr (requires { request.parent(); }) key.parent = request.parent();
  auto& log = context.sessions.requests();
  const auto first =
      log.begin(key, canonical_bytes(request), [incoming](const graph::RequestLog::Answer& answer) {
        Response response;
        if (!answer.ok()) return incoming.fail(answer.status());
        response.ParseFromString(*answer);
        incoming.succeed(std::move(response));
      });
  if (!first.ok()) return incoming.fail(first.status());
  if (!*first) return;
  work([&log, key = std::move(key), incoming](Result<Response> result) {
    using Kept = graph::RequestLog::Answer;
    log.finish(key, result.ok() ? Kept(result->SerializeAsString()) : Kept(result.status()));
    incoming.finish(std::move(result));
  });
}

// on_session() for a call that creates something and has a request id.
template <typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* create_on_session(Context& context, Incoming<Request, Response> incoming,
                                            Work work) {
  return on_session(context, incoming,
                    [&context, incoming, work = std::move(work)](
                        graph::Session& session, const Request& request, const Reply<Response>&) mutable {
                      once(context, incoming, [&](Reply<Response> reply) { reply(work(session, request)); });
                    });
}

}  // namespace kms::rpc
