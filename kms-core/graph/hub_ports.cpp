// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/hub_ports.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kms-core/base/config.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/graph/names.hpp"

namespace kms::graph {
namespace {

Status port_exists(const std::string& hub, const std::string& id) {
  return about(error(StatusCode::kAlreadyExists, "PORT_EXISTS",
                     fmt::format("the hub has a hub port \"{}\" already", id)),
               hub);
}

// Gives each port its name, and the hub port's description that name.
template <typename Port, typename Names>
void name_ports(const std::string& id, std::vector<Port>& ports, Names* names) {
  for (auto& port : ports) {
    port.name = HubPorts::port_name(id, port.kind);
    *names->Add() = port.name;
  }
}

template <typename Port>
void append(std::vector<Port>& to, std::vector<Port>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

template <typename Port>
void erase_of(const std::string& id, std::vector<Port>& ports) {
  std::erase_if(ports, [&](const Port& port) { return port.name == HubPorts::port_name(id, port.kind); });
}

}  // namespace

std::string HubPorts::port_name(const std::string& port_id, MediaKind kind) {
  return port_id + "." + to_text(kind);
}

std::vector<PortSpec> HubPorts::declared(const std::vector<MediaKind>& kinds) {
  std::vector<PortSpec> out;
  for (const auto direction : {v1::DIRECTION_SINK, v1::DIRECTION_SOURCE}) {
    for (const auto kind : kinds) out.push_back({port_name("port", kind), direction, kind, {}});
  }
  return out;
}

HubPorts::Make HubPorts::handing_on(std::vector<MediaKind> kinds) {
  return [kinds = std::move(kinds)](const std::string&) -> Result<Ports> {
    Ports out;
    for (const auto kind : kinds) {
      out.sinks.push_back({.name = {}, .kind = kind, .hands_on = true});
      out.sources.push_back({.name = {}, .kind = kind});
    }
    return out;
  };
}

void HubPorts::hand_on(MediaKind kind, const std::string& from, const std::string& to) {
  for (auto& port : ports_.sources) {
    if (port.name == port_name(to, kind)) port.reoffers = from.empty() ? "" : port_name(from, kind);
  }
}

Status HubPorts::room() const {
  const auto most = host_.config().limits.ports_per_hub;
  if (ids_.size() < most) return ok();
  return about(
      error(StatusCode::kResourceExhausted, ErrorInfo{"PORT_QUOTA", {}, {{"quota", std::to_string(most)}}},
            fmt::format("a hub has at most {} hub ports (limits.ports_per_hub)", most)),
      host_.name());
}

Result<v1::HubPort> HubPorts::create(const std::string& asked, const Make& make) {
  const auto id = id_or_new(asked);
  if (!id.ok()) return about(id.status(), host_.name());
  if (ids_.contains(*id)) return port_exists(host_.name(), *id);
  if (auto status = room(); !status.ok()) return status;
  auto made = make(*id);
  if (!made.ok()) return made.status();
  return add(*id, *std::move(made));
}

v1::HubPort HubPorts::add(const std::string& id, Ports made) {
  v1::HubPort out;
  out.set_port_id(id);
  name_ports(id, made.sinks, out.mutable_sink_ports());
  name_ports(id, made.sources, out.mutable_source_ports());
  append(ports_.sinks, made.sinks);
  append(ports_.sources, made.sources);
  ids_.insert(id);
  return out;
}

Status HubPorts::release(const std::string& port_id) {
  if (auto status = check(port_id); !status.ok()) return status;
  ids_.erase(port_id);
  erase_of(port_id, ports_.sinks);
  erase_of(port_id, ports_.sources);
  for (auto& port : ports_.sources) {
    if (port.reoffers == port_name(port_id, port.kind)) port.reoffers.clear();
  }
  return ok();
}

Status HubPorts::check(const std::string& port_id) const {
  if (ids_.contains(port_id)) return ok();
  constexpr size_t kMostNamed = 20;
  std::vector<std::string> there(ids_.begin(), ids_.end());
  if (there.size() > kMostNamed) there.resize(kMostNamed);
  return about(error(StatusCode::kNotFound, "PORT_NOT_FOUND",
                     fmt::format("the hub has no hub port \"{}\"; hub ports: {}{}", excerpt(port_id),
                                 there.empty() ? "none" : fmt::format("{}", fmt::join(there, ", ")),
                                 ids_.size() > there.size() ? ", ..." : "")),
               host_.name());
}

Result<std::vector<MediaKind>> sound_or_pictures(MediaKind asked) {
  if (asked == v1::MEDIA_KIND_UNSPECIFIED) return std::vector{v1::MEDIA_KIND_AUDIO, v1::MEDIA_KIND_VIDEO};
  if (asked == v1::MEDIA_KIND_AUDIO || asked == v1::MEDIA_KIND_VIDEO) return std::vector{asked};
  return invalid_option("kind", fmt::format("{} is neither sound nor pictures", static_cast<int>(asked)));
}

bool is_called(const std::string& port, MediaKind kind, const std::string& asked) {
  return port == asked || port == HubPorts::port_name(asked, kind);
}

}  // namespace kms::graph
