// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/server.hpp"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>

#include "kms-core/base/host_port.hpp"
#include "kms-core/rpc/element_service.hpp"
#include "kms-core/rpc/graph_service.hpp"
#include "kms-core/rpc/session_service.hpp"

namespace kms::rpc {
namespace {

// How long calls may take that are still under way when the server goes.
constexpr std::chrono::seconds kLastCalls{3};
// Clients may ask whether the server is there this often, also without a call under way.
constexpr int kLeastPingInterval = 5000;  // ms

void set_options(grpc::ServerBuilder& builder, const Config& config) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.limits.message_bytes));
  // A second server on the same port must fail, not share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(config.keepalive.time.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             static_cast<int>(config.keepalive.timeout.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kLeastPingInterval);
}

}  // namespace

struct Server::Impl {
  std::vector<ServicePtr> services;
  std::string address;
  std::unique_ptr<grpc::Server> server;  // goes first
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::start(const Config& config, Context& context,
                                              std::vector<ServicePtr> element_services) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto where = parse_host_port(config.grpc_listen);
  if (!where.ok()) return where.status();

  auto impl = std::make_unique<Impl>();
  impl->services = std::move(element_services);
  impl->services.push_back(make_session_service(context));
  impl->services.push_back(make_element_service(context));
  impl->services.push_back(make_graph_service(context));

  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(where->to_string(), grpc::InsecureServerCredentials(), &port);
  set_options(builder, config);
  for (const auto& service : impl->services) builder.RegisterService(service.get());
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || port == 0) {
    return error(StatusCode::kUnavailable, "LISTEN_FAILED",
                 fmt::format("gRPC cannot listen on {}: is the port taken?", config.grpc_listen));
  }
  where->port = static_cast<uint16_t>(port);
  impl->address = where->to_string();
  return std::make_unique<Server>(std::move(impl));
}

Server::~Server() { impl_->server->Shutdown(std::chrono::system_clock::now() + kLastCalls); }

const std::string& Server::address() const { return impl_->address; }

void Server::drain() { impl_->server->GetHealthCheckService()->SetServingStatus(false); }

}  // namespace kms::rpc
