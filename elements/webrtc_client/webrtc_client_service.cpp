// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/client.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/webrtc_client/v1/webrtc_client.grpc.pb.h"

namespace kms::webrtc_client::v1 {
namespace {

// Translates calls to commands of an element that is a client, on its control loop.
class Service : public WebRtcClientService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* Start(Call* call, const StartRequest* request, StartResponse* response) override {
    return rpc::command<HasClient>(context_, rpc::Incoming(call, request, response),
                                   [](HasClient& element, const StartRequest&, Reply<StartResponse> reply) {
                                     element.client().start(rpc::when_done(std::move(reply)));
                                   });
  }

  Reactor* Stop(Call* call, const StopRequest* request, StopResponse* response) override {
    return rpc::command<HasClient>(context_, rpc::Incoming(call, request, response),
                                   [](HasClient& element, const StopRequest&, Reply<StopResponse> reply) {
                                     element.client().stop(rpc::when_done(std::move(reply)));
                                   });
  }

  Reactor* GetConnection(Call* call, const GetConnectionRequest* request,
                         GetConnectionResponse* response) override {
    return rpc::command<HasClient>(context_, rpc::Incoming(call, request, response),
                                   [](HasClient& element, const GetConnectionRequest&) {
                                     return Result<GetConnectionResponse>(element.connection());
                                   });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::webrtc_client::v1

namespace kms {

rpc::ServicePtr make_webrtc_client_service(rpc::Context& context) {
  return std::make_unique<webrtc_client::v1::Service>(context);
}

}  // namespace kms
