// SPDX-License-Identifier: Apache-2.0
#include "elements/audio_mixer/audio_mixer_element.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/audio_mixer/v1/audio_mixer.grpc.pb.h"

namespace kms::audio_mixer::v1 {
namespace {

// Translates calls to commands of an AudioMixerElement on its control loop.
class Service : public AudioMixerService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* CreateHubPort(Call* call, const CreateHubPortRequest* request,
                         CreateHubPortResponse* response) override {
    return rpc::command<AudioMixerElement>(
        context_, rpc::Incoming(call, request, response),
        [](AudioMixerElement& hub, const CreateHubPortRequest& asked) { return hub.create_hub_port(asked); });
  }

  Reactor* DeleteHubPort(Call* call, const DeleteHubPortRequest* request,
                         DeleteHubPortResponse* response) override {
    return rpc::command<AudioMixerElement>(context_, rpc::Incoming(call, request, response),
                                           [](AudioMixerElement& hub, const DeleteHubPortRequest& asked) {
                                             return hub.delete_hub_port(asked.port_id());
                                           });
  }

  Reactor* SetInput(Call* call, const SetInputRequest* request, SetInputResponse* response) override {
    return rpc::command<AudioMixerElement>(
        context_, rpc::Incoming(call, request, response),
        [](AudioMixerElement& hub, const SetInputRequest& asked) { return hub.set_input(asked); });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::audio_mixer::v1

namespace kms {

rpc::ServicePtr make_audio_mixer_service(rpc::Context& context) {
  return std::make_unique<audio_mixer::v1::Service>(context);
}

}  // namespace kms
