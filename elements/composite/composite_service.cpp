// SPDX-License-Identifier: Apache-2.0
#include "elements/composite/composite_element.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/composite/v1/composite.grpc.pb.h"

namespace kms::composite::v1 {
namespace {

// Translates calls to commands of a CompositeElement on its control loop.
class Service : public CompositeService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* CreateHubPort(Call* call, const CreateHubPortRequest* request,
                         CreateHubPortResponse* response) override {
    return rpc::command<CompositeElement>(
        context_, rpc::Incoming(call, request, response),
        [](CompositeElement& hub, const CreateHubPortRequest& asked) { return hub.create_hub_port(asked); });
  }

  Reactor* DeleteHubPort(Call* call, const DeleteHubPortRequest* request,
                         DeleteHubPortResponse* response) override {
    return rpc::command<CompositeElement>(context_, rpc::Incoming(call, request, response),
                                          [](CompositeElement& hub, const DeleteHubPortRequest& asked) {
                                            return hub.delete_hub_port(asked.port_id());
                                          });
  }

  Reactor* SetInput(Call* call, const SetInputRequest* request, SetInputResponse* response) override {
    return rpc::command<CompositeElement>(
        context_, rpc::Incoming(call, request, response),
        [](CompositeElement& hub, const SetInputRequest& asked) { return hub.set_input(asked); });
  }

  Reactor* SetLayout(Call* call, const SetLayoutRequest* request, SetLayoutResponse* response) override {
    return rpc::command<CompositeElement>(
        context_, rpc::Incoming(call, request, response),
        [](CompositeElement& hub, const SetLayoutRequest& asked) { return hub.set_layout(asked.layout()); });
  }

  Reactor* SetBackground(Call* call, const SetBackgroundRequest* request,
                         SetBackgroundResponse* response) override {
    return rpc::command<CompositeElement>(
        context_, rpc::Incoming(call, request, response),
        [](CompositeElement& hub, const SetBackgroundRequest& asked, Reply<SetBackgroundResponse> reply) {
          hub.set_background(asked.background(), rpc::when_done(std::move(reply)));
        });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::composite::v1

namespace kms {

rpc::ServicePtr make_composite_service(rpc::Context& context) {
  return std::make_unique<composite::v1::Service>(context);
}

}  // namespace kms
