// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/mix/mixer_options.hpp"
#include "kms-core/mix/sound_input.hpp"
#include "kms-core/mix/sound_mixer.hpp"

namespace kms::mix {

// The sound of a hub: ways in and out for each of its hub ports, and a mixer between them. Control loop.
class SoundHub {
 public:
  // `on_speaker` is told a port_id, or "" when he who spoke has gone.
  SoundHub(graph::ElementHost& host, const SoundMixer::Options& options,
           std::function<void(const std::string& port_id)> on_speaker);
  SoundHub(const SoundHub&) = delete;
  SoundHub& operator=(const SoundHub&) = delete;

  // The hub's own source port "audio": the mix of all. Once.
  graph::SourcePort mix_of_all();
  // The sink and the source port of a new hub port. Errors: PLUGIN_MISSING.
  Result<graph::Ports> add(const std::string& port_id, const InputSettings& settings);
  void set(const std::string& port_id, const InputSettings& settings);
  void remove(const std::string& port_id);

  // See graph::Element; of all ports of the hub.
  void sink_linked(const graph::SinkPort& port, bool linked);
  void source_linked(const graph::SourcePort& port, bool linked);

  void close(Done done);

 private:
  class PacketsIn;
  struct Place {
    uint64_t id = 0;
    std::unique_ptr<SoundInput> input = {};  // null: of the mix of all
    std::shared_ptr<PacketsIn> packets = {};
    std::shared_ptr<SoundOutput> output = {};
    bool linked = false;  // something comes in
    double gain = 1;
    bool muted = false;
  };
  std::shared_ptr<SoundOutput> make_output();
  graph::SourcePort source_port(const std::shared_ptr<SoundOutput>& output) const;
  void take(const std::string& port_id, const rtc::SourceRef& packets);
  void seat();
  std::string port_of(std::optional<uint64_t> id) const;

  graph::ElementHost& host_;
  const SoundMixer::Options options_;
  const std::shared_ptr<SoundMixer> mixer_;
  std::map<std::string, Place> places_;  // by port_id; "" is the mix of all
  uint64_t next_id_ = 1;
  Guard guard_;
};

}  // namespace kms::mix
