// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "elements/webrtc/line_names.hpp"
#include "elements/webrtc/line_taker.hpp"
#include "kms-core/graph/port.hpp"

namespace kms::webrtc {

// Those for data, which have no m-line of their own.
struct DataPorts {
  graph::SourcePort source;
  graph::SinkPort sink;
};

// Keeps the ports of a WebRtcEndpoint as its peer's m-lines are. Control loop.
class LinePorts {
 public:
  struct Settings {
    std::vector<rtc::Codec> codecs;  // that may be spoken, best first
    std::chrono::milliseconds patience{100};
  };
  LinePorts(graph::Ports& ports, rtc::Peer& peer, Settings settings, DataPorts data);

  // After offer and answer.
  void update(const rtc::Answer& negotiated);
  // Of a sink port. Errors: PORT_NOT_FOUND.
  Status set_layers(const std::string& port, const rtc::LayerWish& wish);
  // The port of what comes on an m-line; nothing if it has ended.
  std::optional<std::string> source_port(const std::string& mid) const;
  // The peer is gone: all ports but the first ones go, and nothing comes or goes.
  void end();

  // What the sink ports of a kind take before anything is negotiated.
  static graph::Formats formats(const std::vector<rtc::Codec>& codecs, bool video);

 private:
  void add_source(const std::string& name, bool video);
  void add_sink(const std::string& name, bool video);
  void update_sources(const std::vector<rtc::SourceRef>& sources);
  void update_sinks();

  graph::Ports& ports_;
  rtc::Peer& peer_;
  const Settings settings_;
  LineNames incoming_;
  LineNames outgoing_;
  std::map<std::string, std::shared_ptr<LineTaker>> takers_;  // by port
};

}  // namespace kms::webrtc
