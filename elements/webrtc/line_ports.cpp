// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/line_ports.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "elements/webrtc/names.hpp"
#include "kms-core/graph/names.hpp"

namespace kms::webrtc {
namespace {

constexpr size_t kFirst = 3;  // "audio", "video" and "data" are there always, before all others

graph::MediaKind media_kind_of(bool video) {
  return video ? kms::v1::MEDIA_KIND_VIDEO : kms::v1::MEDIA_KIND_AUDIO;
}

template <typename Port>
auto find(std::vector<Port>& ports, const std::string& name) {
  return std::find_if(ports.begin(), ports.end(), [&](const Port& port) { return port.name == name; });
}

// Ports that are named by a mid go with their line.
template <typename Port>
void erase_ended(std::vector<Port>& ports, const LineNames& names) {
  const auto ended = [&](const Port& port) { return !names.lines().contains(port.name); };
  ports.erase(std::remove_if(ports.begin() + kFirst, ports.end(), ended), ports.end());
}

// Of simulcast encodings the last one, the largest by custom.
rtc::SourceRef source_on(const std::vector<rtc::SourceRef>& sources, const std::string& mid) {
  const auto found = std::find_if(sources.rbegin(), sources.rend(),
                                  [&](const rtc::SourceRef& source) { return source->mid() == mid; });
  return found == sources.rend() ? nullptr : *found;
}

}  // namespace

graph::Formats LinePorts::formats(const std::vector<rtc::Codec>& codecs, bool video) {
  graph::Formats out;
  for (const auto codec : codecs) {
    if (rtc::is_audio(codec) != video) out.push_back(graph::rtp(api_name(codec)));
  }
  return out;
}

LinePorts::LinePorts(graph::Ports& ports, rtc::Peer& peer, Settings settings, DataPorts data)
    : ports_(ports), peer_(peer), settings_(std::move(settings)) {
  ports_.sources.reserve(kFirst);
  ports_.sinks.reserve(kFirst);
  for (const bool video : {false, true}) {
    add_source(video ? "video" : "audio", video);
    add_sink(video ? "video" : "audio", video);
  }
  ports_.sources.push_back(std::move(data.source));
  ports_.sinks.push_back(std::move(data.sink));
}

void LinePorts::add_source(const std::string& name, bool video) {
  ports_.sources.push_back(
      {.name = name, .kind = media_kind_of(video), .cname = peer_.cname(), .patience = settings_.patience});
}

void LinePorts::add_sink(const std::string& name, bool video) {
  auto taker = std::make_shared<LineTaker>(peer_);
  takers_[name] = taker;
  ports_.sinks.push_back({.name = name,
                          .kind = media_kind_of(video),
                          .accepts = formats(settings_.codecs, video),
                          .packets = std::move(taker)});
}

void LinePorts::update(const rtc::Answer& negotiated) {
  incoming_.update(negotiated.lines, &rtc::LineState::receives);
  outgoing_.update(negotiated.lines, &rtc::LineState::sends);
  update_sources(negotiated.sources);
  update_sinks();
}

void LinePorts::update_sources(const std::vector<rtc::SourceRef>& sources) {
  erase_ended(ports_.sources, incoming_);
  for (auto& port : ports_.sources) {
    if (port.kind == kms::v1::MEDIA_KIND_DATA) continue;
    port.offers.clear();
    port.packets.reset();
  }
  for (const auto& [name, line] : incoming_.lines()) {
    if (find(ports_.sources, name) == ports_.sources.end()) add_source(name, line.video);
    auto& port = *find(ports_.sources, name);
    port.packets = source_on(sources, line.mid);
    if (port.packets) port.offers = {graph::rtp(api_name(port.packets->codec()))};
  }
}

void LinePorts::update_sinks() {
  erase_ended(ports_.sinks, outgoing_);
  std::erase_if(takers_,
                [&](const auto& entry) { return find(ports_.sinks, entry.first) == ports_.sinks.end(); });
  for (auto& port : ports_.sinks) {
    if (port.kind == kms::v1::MEDIA_KIND_DATA || outgoing_.lines().contains(port.name)) continue;
    port.accepts = formats(settings_.codecs, port.kind == kms::v1::MEDIA_KIND_VIDEO);
    takers_.at(port.name)->set_any_line();
  }
  for (const auto& [name, line] : outgoing_.lines()) {
    if (find(ports_.sinks, name) == ports_.sinks.end()) add_sink(name, line.video);
    // A vector of its own: the one before has room for all codecs.
    find(ports_.sinks, name)->accepts = graph::Formats{graph::rtp(api_name(line.codec))};
    takers_.at(name)->set_line(line);
  }
}

Status LinePorts::set_layers(const std::string& port, const rtc::LayerWish& wish) {
  const auto found = takers_.find(port);
  if (found == takers_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, taker] : takers_) names.push_back(name);
    return error(StatusCode::kNotFound, "PORT_NOT_FOUND",
                 fmt::format("there is no sink port \"{}\"; there are {}", graph::excerpt(port),
                             fmt::join(names, ", ")));
  }
  found->second->set_layers(wish);
  return ok();
}

std::optional<std::string> LinePorts::source_port(const std::string& mid) const {
  for (const auto& [name, line] : incoming_.lines()) {
    if (line.mid == mid) return name;
  }
  return std::nullopt;
}

void LinePorts::end() {
  incoming_.update({}, &rtc::LineState::receives);
  outgoing_.update({}, &rtc::LineState::sends);
  update_sources({});
  for (const auto& [name, taker] : takers_) taker->end();
  update_sinks();
  for (auto& port : ports_.sinks) port.packets.reset();
}

}  // namespace kms::webrtc
