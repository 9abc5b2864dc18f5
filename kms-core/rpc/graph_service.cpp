// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/graph_service.hpp"

#include "kms-core/rpc/idempotent.hpp"
#include "kms-core/rpc/put.hpp"
#include "kms/v1/graph.grpc.pb.h"

namespace kms::rpc {
namespace {

using graph::Session;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class GraphService final : public v1::GraphService::CallbackService {
 public:
  explicit GraphService(Context& context) : context_(context) {}

  ServerUnaryReactor* Connect(CallbackServerContext* call, const v1::ConnectRequest* request,
                              v1::ConnectResponse* response) override {
    return create_on_session(context_, Incoming(call, request, response),
                             [](Session& session, const auto& given) {
                               return put(session.connect(given.link()), &v1::ConnectResponse::mutable_links);
                             });
  }

  ServerUnaryReactor* Disconnect(CallbackServerContext* call, const v1::DisconnectRequest* request,
                                 v1::DisconnectResponse* response) override {
    return on_session(context_, Incoming(call, request, response),
                      [](Session& session, const auto& given) -> Result<v1::DisconnectResponse> {
                        const auto removed = session.disconnect(given.link());
                        if (!removed.ok()) return removed.status();
                        v1::DisconnectResponse answer;
                        answer.set_removed(*removed);
                        return answer;
                      });
  }

  ServerUnaryReactor* ListLinks(CallbackServerContext* call, const v1::ListLinksRequest* request,
                                v1::ListLinksResponse* response) override {
    return on_session(context_, Incoming(call, request, response), [](Session& session, const auto&) {
      return put<v1::ListLinksResponse, v1::Link>(session.list_links(),
                                                  &v1::ListLinksResponse::mutable_links);
    });
  }

  ServerUnaryReactor* ApplyGraph(CallbackServerContext* call, const v1::ApplyGraphRequest* request,
                                 v1::ApplyGraphResponse* response) override {
    return create_on_session(
        context_, Incoming(call, request, response),
        [this](Session& session, const v1::ApplyGraphRequest& given) -> Result<v1::ApplyGraphResponse> {
          const auto creates = static_cast<unsigned>(given.elements_size());
          if (auto status = context_.sessions.admit(creates); !status.ok()) return status;
          return session.apply(given);
        });
  }

  ServerUnaryReactor* GetGraph(CallbackServerContext* call, const v1::GetGraphRequest* request,
                               v1::GetGraphResponse* response) override {
    return on_session(context_, Incoming(call, request, response), [](Session& session, const auto&) {
      return Result<v1::GetGraphResponse>(session.graph());
    });
  }

  ServerUnaryReactor* GetStats(CallbackServerContext* call, const v1::GetStatsRequest* request,
                               v1::GetStatsResponse* response) override {
    const auto name = graph::parse_name(request->name());  // a session's or an element's
    return on_resource(context_, Incoming(call, request, response), name,
                       [](Session& session, const auto& given) { return session.stats(given.name()); });
  }

 private:
  Context& context_;
};

}  // namespace

ServicePtr make_graph_service(Context& context) { return std::make_unique<GraphService>(context); }

}  // namespace kms::rpc
