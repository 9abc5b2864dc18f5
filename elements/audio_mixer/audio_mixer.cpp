// SPDX-License-Identifier: Apache-2.0
#include "elements/audio_mixer/audio_mixer_element.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms {

void declare_audio_mixer(graph::Catalog& catalog) {
  using v1::MEDIA_KIND_AUDIO;
  auto ports = graph::HubPorts::declared({MEDIA_KIND_AUDIO});
  ports.push_back({"audio",
                   v1::DIRECTION_SOURCE,
                   MEDIA_KIND_AUDIO,
                   {graph::rtp("OPUS"), graph::encoded("OPUS"), graph::raw()}});
  catalog.add(graph::define<audio_mixer::v1::AudioMixerOptions>(
      {.title = "AudioMixer",
       .summary =
           "Mixes the sound of hundreds for each other: the loudest are heard, and nobody hears himself.",
       .ports = std::move(ports),
       .service = "kms.audio_mixer.v1.AudioMixerService",
       .events = {"kms.audio_mixer.v1.ActiveSpeakerChanged"},
       .needs = {"audioconvert", "audioresample"}},
      audio_mixer::AudioMixerElement::create));
}

}  // namespace kms
