// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/session_service.hpp"

#include <google/protobuf/util/time_util.h>

#include "kms-core/rpc/event_stream.hpp"
#include "kms-core/rpc/idempotent.hpp"
#include "kms-core/rpc/put.hpp"
#include "kms-core/rpc/session_page.hpp"
#include "kms/v1/session.grpc.pb.h"

namespace kms::rpc {
namespace {

using google::protobuf::util::TimeUtil;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

Result<v1::KeepAliveResponse> expiring_at(std::chrono::system_clock::time_point time) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  v1::KeepAliveResponse response;
  *response.mutable_lease_expire_time() = TimeUtil::MillisecondsToTimestamp(since_epoch.count());
  return response;
}

class SessionService final : public v1::SessionService::CallbackService {
 public:
  explicit SessionService(Context& context) : context_(context) {}

  ServerUnaryReactor* CreateSession(CallbackServerContext* call, const v1::CreateSessionRequest* request,
                                    v1::CreateSessionResponse* response) override {
    const Incoming incoming(call, request, response);
    auto* reactor = incoming.reactor();
    once(context_, incoming, [&](Reply<v1::CreateSessionResponse> reply) {
      reply(put(context_.sessions.create(*request), &v1::CreateSessionResponse::mutable_session));
    });
    return reactor;
  }

  ServerUnaryReactor* GetSession(CallbackServerContext* call, const v1::GetSessionRequest* request,
                                 v1::GetSessionResponse* response) override {
    return on_session(context_, Incoming(call, request, response), [](graph::Session& session, const auto&) {
      return put<v1::GetSessionResponse>(Result<v1::Session>(session.describe()),
                                         &v1::GetSessionResponse::mutable_session);
    });
  }

  ServerUnaryReactor* ListSessions(CallbackServerContext* call, const v1::ListSessionsRequest* request,
                                   v1::ListSessionsResponse* response) override {
    const Incoming incoming(call, request, response);
    auto* reactor = incoming.reactor();
    list_sessions(context_.sessions, *request, incoming.reply());
    return reactor;
  }

  ServerUnaryReactor* DeleteSession(CallbackServerContext* call, const v1::DeleteSessionRequest* request,
                                    v1::DeleteSessionResponse* response) override {
    const Incoming incoming(call, request, response);
    auto* reactor = incoming.reactor();
    const auto status =
        context_.sessions.close(request->name(), "CLIENT_DELETED", when_done(incoming.reply()));
    if (!status.ok()) incoming.fail(status);
    return reactor;
  }

  ServerUnaryReactor* KeepAlive(CallbackServerContext* call, const v1::KeepAliveRequest* request,
                                v1::KeepAliveResponse* response) override {
    const Incoming incoming(call, request, response);
    auto* reactor = incoming.reactor();
    const auto end = context_.sessions.keep_alive(request->name());
    incoming.finish(end.ok() ? expiring_at(*end) : end.status());
    return reactor;
  }

  grpc::ServerWriteReactor<v1::Event>* SubscribeEvents(CallbackServerContext* call,
                                                       const v1::SubscribeEventsRequest* request) override {
    return EventStream::start(context_, call, *request);
  }

 private:
  Context& context_;
};

}  // namespace

ServicePtr make_session_service(Context& context) { return std::make_unique<SessionService>(context); }

}  // namespace kms::rpc
