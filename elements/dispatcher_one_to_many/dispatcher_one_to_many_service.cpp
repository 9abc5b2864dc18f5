// SPDX-License-Identifier: Apache-2.0
#include "elements/dispatcher_one_to_many/one_to_many_element.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/dispatcher_one_to_many/v1/dispatcher_one_to_many.grpc.pb.h"

namespace kms::dispatcher_one_to_many::v1 {
namespace {

// Translates calls to commands of a OneToManyElement on its control loop.
class Service : public DispatcherOneToManyService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* CreateHubPort(Call* call, const CreateHubPortRequest* request,
                         CreateHubPortResponse* response) override {
    return rpc::command<OneToManyElement>(context_, rpc::Incoming(call, request, response),
                                          [](OneToManyElement& hub, const CreateHubPortRequest& asked) {
                                            return hub.create_hub_port(asked.port_id());
                                          });
  }

  Reactor* DeleteHubPort(Call* call, const DeleteHubPortRequest* request,
                         DeleteHubPortResponse* response) override {
    return rpc::command<OneToManyElement>(context_, rpc::Incoming(call, request, response),
                                          [](OneToManyElement& hub, const DeleteHubPortRequest& asked) {
                                            return hub.delete_hub_port(asked.port_id());
                                          });
  }

  Reactor* SetSource(Call* call, const SetSourceRequest* request, SetSourceResponse* response) override {
    return rpc::command<OneToManyElement>(context_, rpc::Incoming(call, request, response),
                                          [](OneToManyElement& hub, const SetSourceRequest& asked) {
                                            return hub.set_source(asked.port_id(), asked.kind());
                                          });
  }

  Reactor* RemoveSource(Call* call, const RemoveSourceRequest* request,
                        RemoveSourceResponse* response) override {
    return rpc::command<OneToManyElement>(context_, rpc::Incoming(call, request, response),
                                          [](OneToManyElement& hub, const RemoveSourceRequest& asked) {
                                            return hub.remove_source(asked.kind());
                                          });
  }

  Reactor* GetSource(Call* call, const GetSourceRequest* request, GetSourceResponse* response) override {
    return rpc::command<OneToManyElement>(
        context_, rpc::Incoming(call, request, response),
        [](OneToManyElement& hub, const GetSourceRequest&) -> Result<GetSourceResponse> {
          return hub.source();
        });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::dispatcher_one_to_many::v1

namespace kms {

rpc::ServicePtr make_dispatcher_one_to_many_service(rpc::Context& context) {
  return std::make_unique<dispatcher_one_to_many::v1::Service>(context);
}

}  // namespace kms
