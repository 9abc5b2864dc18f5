// SPDX-License-Identifier: Apache-2.0
#include "elements/dispatcher/dispatcher_element.hpp"

#include <algorithm>

#include "kms-core/graph/catalog.hpp"

namespace kms::dispatcher {
namespace {

using kms::v1::MEDIA_KIND_AUDIO;
using kms::v1::MEDIA_KIND_VIDEO;

Status not_connected(const v1::Connection& asked) {
  return error(StatusCode::kNotFound, "LINK_NOT_FOUND",
               "no connection from \"" + asked.source() + "\" to \"" + asked.sink() + "\" matches");
}

bool fits(const std::string& asked, const std::string& port_id) { return asked.empty() || asked == port_id; }

}  // namespace

Result<std::unique_ptr<graph::Element>> DispatcherElement::create(graph::ElementHost& host,
                                                                  const v1::DispatcherOptions& options) {
  std::unique_ptr<DispatcherElement> hub(new DispatcherElement(host));
  if (auto status = hub->begin(options); !status.ok()) return status;
  return std::unique_ptr<graph::Element>(std::move(hub));
}

DispatcherElement::DispatcherElement(graph::ElementHost& element_host)
    : Element(element_host), hub_ports_(element_host, ports_) {}

Status DispatcherElement::begin(const v1::DispatcherOptions& options) {
  for (const auto& port_id : options.ports()) {
    if (auto made = add_port(port_id); !made.ok()) return made.status();
  }
  for (const auto& connection : options.connections()) {
    if (auto status = add(connection, connections_); !status.ok()) return status;
  }
  for (const auto& [sink, source] : connections_) hub_ports_.hand_on(sink.second, source, sink.first);
  return ok();
}

Result<kms::v1::HubPort> DispatcherElement::add_port(const std::string& port_id) {
  return hub_ports_.create(port_id, graph::HubPorts::handing_on({MEDIA_KIND_AUDIO, MEDIA_KIND_VIDEO}));
}

Result<v1::CreateHubPortResponse> DispatcherElement::create_hub_port(const std::string& port_id) {
  auto made = add_port(port_id);
  if (!made.ok()) return made.status();
  host().ports_changed();
  v1::CreateHubPortResponse response;
  *response.mutable_port() = *std::move(made);
  return response;
}

Status DispatcherElement::delete_hub_port(const std::string& port_id) {
  if (auto status = hub_ports_.release(port_id); !status.ok()) return status;
  auto next = connections_;
  std::erase_if(next,
                [&](const auto& each) { return each.first.first == port_id || each.second == port_id; });
  std::erase_if(connections_, [&](const auto& each) { return each.first.first == port_id; });
  host().ports_changed();
  commit(std::move(next));
  return ok();
}

Status DispatcherElement::add(const v1::Connection& asked, Connections& next) const {
  const auto kinds = graph::sound_or_pictures(asked.kind());
  if (!kinds.ok()) return about(kinds.status(), host().name());
  for (const auto& port_id : {asked.source(), asked.sink()}) {
    if (auto status = hub_ports_.check(port_id); !status.ok()) return status;
  }
  for (const auto kind : *kinds) next[{asked.sink(), kind}] = asked.source();
  return ok();
}

Status DispatcherElement::connect(const v1::Connection& asked) {
  auto next = connections_;
  if (auto status = add(asked, next); !status.ok()) return status;
  commit(std::move(next));
  return ok();
}

Result<v1::DisconnectHubPortsResponse> DispatcherElement::disconnect(const v1::Connection& asked) {
  if (asked.source().empty() && asked.sink().empty()) {
    return graph::invalid_option("source", "name the source, the sink, or both");
  }
  const auto kinds = graph::sound_or_pictures(asked.kind());
  if (!kinds.ok()) return about(kinds.status(), host().name());
  for (const auto& port_id : {asked.source(), asked.sink()}) {
    if (port_id.empty()) continue;
    if (auto status = hub_ports_.check(port_id); !status.ok()) return status;
  }
  auto next = connections_;
  v1::DisconnectHubPortsResponse response;
  response.set_removed(static_cast<uint32_t>(std::erase_if(next, [&](const auto& each) {
    const auto& [sink, source] = each;
    return fits(asked.sink(), sink.first) && fits(asked.source(), source) &&
           std::find(kinds->begin(), kinds->end(), sink.second) != kinds->end();
  })));
  if (response.removed() == 0) return about(not_connected(asked), host().name());
  commit(std::move(next));
  return response;
}

v1::ListConnectionsResponse DispatcherElement::connections() const {
  v1::ListConnectionsResponse response;
  for (const auto& [sink, source] : connections_) {
    auto& connection = *response.add_connections();
    connection.set_source(source);
    connection.set_sink(sink.first);
    connection.set_kind(sink.second);
  }
  return response;
}

void DispatcherElement::commit(Connections next) {
  const auto before = std::exchange(connections_, std::move(next));
  std::map<Sink, std::string> changed;
  for (const auto& [sink, source] : before) {
    if (!connections_.contains(sink)) changed[sink] = {};
  }
  for (const auto& [sink, source] : connections_) {
    const auto old = before.find(sink);
    if (old == before.end() || old->second != source) changed[sink] = source;
  }
  if (changed.empty()) return;
  for (const auto& [sink, source] : changed) hub_ports_.hand_on(sink.second, source, sink.first);
  host().ports_changed();
  for (const auto& [sink, source] : changed) {
    v1::ConnectionChanged event;
    event.set_sink(sink.first);
    event.set_kind(sink.second);
    event.set_source(source);
    host().emit(event);
  }
}

}  // namespace kms::dispatcher
