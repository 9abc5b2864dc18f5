// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kms-core/graph/hub_ports.hpp"
#include "kms-core/mix/sound_hub.hpp"
#include "kms/audio_mixer/v1/audio_mixer.pb.h"

namespace kms::audio_mixer {

// AudioMixer. Control loop; its mixer has a thread of its own while there is something to mix.
class AudioMixerElement : public graph::Element {
 public:
  // Errors: INVALID_OPTIONS, INVALID_ID, PORT_EXISTS, PORT_QUOTA.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::AudioMixerOptions& options);

  // Commands; contracts and errors in audio_mixer.proto.
  Result<v1::CreateHubPortResponse> create_hub_port(const v1::CreateHubPortRequest& asked);
  Status delete_hub_port(const std::string& port_id);
  Status set_input(const v1::SetInputRequest& asked);

  void close(Done done) override { sound_.close(std::move(done)); }
  void sink_linked(const graph::SinkPort& port, bool linked) override { sound_.sink_linked(port, linked); }
  void source_linked(const graph::SourcePort& port, bool linked) override {
    sound_.source_linked(port, linked);
  }

 private:
  AudioMixerElement(graph::ElementHost& element_host, const mix::SoundMixer::Options& options);
  Result<kms::v1::HubPort> add_port(const std::string& port_id, const kms::v1::MixerInput& input);

  mix::SoundHub sound_;
  graph::HubPorts hub_ports_;
};

}  // namespace kms::audio_mixer
