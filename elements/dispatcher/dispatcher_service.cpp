// SPDX-License-Identifier: Apache-2.0
#include "elements/dispatcher/dispatcher_element.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/dispatcher/v1/dispatcher.grpc.pb.h"

namespace kms::dispatcher::v1 {
namespace {

template <typename Request>
Connection connection_of(const Request& request) {
  Connection out;
  out.set_source(request.source());
  out.set_sink(request.sink());
  out.set_kind(request.kind());
  return out;
}

// Translates calls to commands of a DispatcherElement on its control loop.
class Service : public DispatcherService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* CreateHubPort(Call* call, const CreateHubPortRequest* request,
                         CreateHubPortResponse* response) override {
    return rpc::command<DispatcherElement>(context_, rpc::Incoming(call, request, response),
                                           [](DispatcherElement& hub, const CreateHubPortRequest& asked) {
                                             return hub.create_hub_port(asked.port_id());
                                           });
  }

  Reactor* DeleteHubPort(Call* call, const DeleteHubPortRequest* request,
                         DeleteHubPortResponse* response) override {
    return rpc::command<DispatcherElement>(context_, rpc::Incoming(call, request, response),
                                           [](DispatcherElement& hub, const DeleteHubPortRequest& asked) {
                                             return hub.delete_hub_port(asked.port_id());
                                           });
  }

  Reactor* ConnectHubPorts(Call* call, const ConnectHubPortsRequest* request,
                           ConnectHubPortsResponse* response) override {
    return rpc::command<DispatcherElement>(context_, rpc::Incoming(call, request, response),
                                           [](DispatcherElement& hub, const ConnectHubPortsRequest& asked) {
                                             return hub.connect(connection_of(asked));
                                           });
  }

  Reactor* DisconnectHubPorts(Call* call, const DisconnectHubPortsRequest* request,
                              DisconnectHubPortsResponse* response) override {
    return rpc::command<DispatcherElement>(
        context_, rpc::Incoming(call, request, response),
        [](DispatcherElement& hub, const DisconnectHubPortsRequest& asked) {
          return hub.disconnect(connection_of(asked));
        });
  }

  Reactor* ListConnections(Call* call, const ListConnectionsRequest* request,
                           ListConnectionsResponse* response) override {
    return rpc::command<DispatcherElement>(
        context_, rpc::Incoming(call, request, response),
        [](DispatcherElement& hub, const ListConnectionsRequest&) -> Result<ListConnectionsResponse> {
          return hub.connections();
        });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::dispatcher::v1

namespace kms {

rpc::ServicePtr make_dispatcher_service(rpc::Context& context) {
  return std::make_unique<dispatcher::v1::Service>(context);
}

}  // namespace kms
