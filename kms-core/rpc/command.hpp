// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "kms-core/rpc/on_session.hpp"

namespace kms::rpc {

// A command of an element's own service: finds the element that the request's field 1 names, on its session's
// control loop, and does `work` with it; see perform() for the forms that work may have. Errors:
// INVALID_NAME, SESSION_NOT_FOUND, ELEMENT_NOT_FOUND, WRONG_KIND. In the service:
//
//   grpc::ServerUnaryReactor* Play(grpc::CallbackServerContext* call, const PlayRequest* request,
//                                  PlayResponse* response) override {
//     return command<Player>(context_, Incoming(call, request, response),
//                            [](Player& player, const PlayRequest&, Reply<PlayResponse> reply) {
//                              player.play(when_done(std::move(reply)));
//                            });
//   }
template <typename Element, typename Request, typename Response, typename Work>
grpc::ServerUnaryReactor* command(Context& context, Incoming<Request, Response> incoming, Work work) {
  return on_element(context, incoming,
                    [work = std::move(work)](graph::Session& session, const Request& request,
                                             Reply<Response> reply) mutable {
                      auto element = session.find<Element>(request.name());
                      if (!element.ok()) return reply(element.status());
                      perform<Request, Response>(work, **element, request, std::move(reply));
                    });
}

}  // namespace kms::rpc
