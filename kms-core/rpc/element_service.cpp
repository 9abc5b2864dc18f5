// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/element_service.hpp"

#include "kms-core/rpc/idempotent.hpp"
#include "kms-core/rpc/put.hpp"
#include "kms/v1/element.grpc.pb.h"

namespace kms::rpc {
namespace {

using graph::Session;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class ElementService final : public v1::ElementService::CallbackService {
 public:
  explicit ElementService(Context& context) : context_(context) {}

  ServerUnaryReactor* CreateElement(CallbackServerContext* call, const v1::CreateElementRequest* request,
                                    v1::CreateElementResponse* response) override {
    return create_on_session(
        context_, Incoming(call, request, response),
        [this](Session& session, const v1::CreateElementRequest& given) -> Result<v1::CreateElementResponse> {
          if (auto status = context_.sessions.admit(1); !status.ok()) return status;
          return put(session.create_element(given.element()), &v1::CreateElementResponse::mutable_element);
        });
  }

  ServerUnaryReactor* GetElement(CallbackServerContext* call, const v1::GetElementRequest* request,
                                 v1::GetElementResponse* response) override {
    return on_element(context_, Incoming(call, request, response), [](Session& session, const auto& given) {
      return put(session.get_element(given.name()), &v1::GetElementResponse::mutable_element);
    });
  }

  ServerUnaryReactor* ListElements(CallbackServerContext* call, const v1::ListElementsRequest* request,
                                   v1::ListElementsResponse* response) override {
    return on_session(context_, Incoming(call, request, response), [](Session& session, const auto&) {
      return put<v1::ListElementsResponse, v1::Element>(session.list_elements(),
                                                        &v1::ListElementsResponse::mutable_elements);
    });
  }

  ServerUnaryReactor* UpdateElement(CallbackServerContext* call, const v1::UpdateElementRequest* request,
                                    v1::UpdateElementResponse* response) override {
    return on_element(context_, Incoming(call, request, response), [](Session& session, const auto& given) {
      return put(session.update_element(given), &v1::UpdateElementResponse::mutable_element);
    });
  }

  ServerUnaryReactor* DeleteElement(CallbackServerContext* call, const v1::DeleteElementRequest* request,
                                    v1::DeleteElementResponse* response) override {
    return on_element(context_, Incoming(call, request, response),
                      [](Session& session, const auto& given, Reply<v1::DeleteElementResponse> reply) {
                        session.delete_element(given.name(), when_done(std::move(reply)));
                      });
  }

  ServerUnaryReactor* ListElementKinds(CallbackServerContext* call,
                                       const v1::ListElementKindsRequest* request,
                                       v1::ListElementKindsResponse* response) override {
    const Incoming incoming(call, request, response);
    auto* reactor = incoming.reactor();
    v1::ListElementKindsResponse kinds;
    for (const auto& [name, kind] : context_.catalog.kinds())
      *kinds.add_kinds() = graph::Catalog::describe(kind);
    incoming.succeed(std::move(kinds));
    return reactor;
  }

 private:
  Context& context_;
};

}  // namespace

ServicePtr make_element_service(Context& context) { return std::make_unique<ElementService>(context); }

}  // namespace kms::rpc
