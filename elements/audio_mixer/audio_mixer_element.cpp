// SPDX-License-Identifier: Apache-2.0
#include "elements/audio_mixer/audio_mixer_element.hpp"

namespace kms::audio_mixer {

constexpr size_t kLoudest = 3;  // that are heard, where nothing is said

AudioMixerElement::AudioMixerElement(graph::ElementHost& element_host,
                                     const mix::SoundMixer::Options& options)
    : Element(element_host),
      sound_(element_host, options,
             [this](const std::string& port_id) {
               v1::ActiveSpeakerChanged event;
               event.set_port_id(port_id);
               host().emit(event);
             }),
      hub_ports_(element_host, ports_) {
  ports_.sources.push_back(sound_.mix_of_all());
}

Result<std::unique_ptr<graph::Element>> AudioMixerElement::create(graph::ElementHost& host,
                                                                  const v1::AudioMixerOptions& options) {
  const auto sound = mix::read(options.sound(), kLoudest);
  if (!sound.ok()) return sound.status();
  auto element =
      std::unique_ptr<AudioMixerElement>(new AudioMixerElement(host, *sound));  // its constructor is private
  for (const auto& port : options.ports()) {
    const auto made = element->add_port(port.port_id(), port.input());
    if (!made.ok()) return made.status();
  }
  return element;
}

Result<kms::v1::HubPort> AudioMixerElement::add_port(const std::string& port_id,
                                                     const kms::v1::MixerInput& input) {
  return hub_ports_.create(port_id, [&](const std::string& id) -> Result<graph::Ports> {
    const auto settings = mix::read(input, id);
    if (!settings.ok()) return settings.status();
    return sound_.add(id, *settings);
  });
}

Result<v1::CreateHubPortResponse> AudioMixerElement::create_hub_port(const v1::CreateHubPortRequest& asked) {
  auto made = add_port(asked.port_id(), asked.input());
  if (!made.ok()) return made.status();
  host().ports_changed();
  v1::CreateHubPortResponse response;
  *response.mutable_port() = *std::move(made);
  return response;
}

Status AudioMixerElement::delete_hub_port(const std::string& port_id) {
  if (auto status = hub_ports_.release(port_id); !status.ok()) return status;
  host().ports_changed();
  sound_.remove(port_id);
  return ok();
}

Status AudioMixerElement::set_input(const v1::SetInputRequest& asked) {
  if (auto status = hub_ports_.check(asked.port_id()); !status.ok()) return status;
  const auto settings = mix::read(asked.input(), asked.port_id());
  if (!settings.ok()) return settings.status();
  sound_.set(asked.port_id(), *settings);
  return ok();
}

}  // namespace kms::audio_mixer
