// SPDX-License-Identifier: Apache-2.0
#include "elements/dispatcher_one_to_many/one_to_many_element.hpp"

#include <utility>

namespace kms::dispatcher_one_to_many {
namespace {

using kms::v1::MEDIA_KIND_AUDIO;
using kms::v1::MEDIA_KIND_VIDEO;

}  // namespace

Result<std::unique_ptr<graph::Element>> OneToManyElement::create(
    graph::ElementHost& host, const v1::DispatcherOneToManyOptions& options) {
  std::unique_ptr<OneToManyElement> hub(new OneToManyElement(host));
  if (auto status = hub->begin(options); !status.ok()) return status;
  return std::unique_ptr<graph::Element>(std::move(hub));
}

OneToManyElement::OneToManyElement(graph::ElementHost& element_host)
    : Element(element_host), hub_ports_(element_host, ports_) {}

Status OneToManyElement::begin(const v1::DispatcherOneToManyOptions& options) {
  const auto& source = options.source();
  for (auto& [kind, from] : sources_) from = source;
  for (const auto& port_id : options.ports()) {
    if (auto made = add_port(port_id); !made.ok()) return made.status();
  }
  return source.empty() ? ok() : hub_ports_.check(source);
}

Result<kms::v1::HubPort> OneToManyElement::add_port(const std::string& port_id) {
  auto made = hub_ports_.create(port_id, graph::HubPorts::handing_on({MEDIA_KIND_AUDIO, MEDIA_KIND_VIDEO}));
  if (made.ok()) hand_on_to(made->port_id());
  return made;
}

void OneToManyElement::hand_on_to(const std::string& port_id) {
  for (const auto& [kind, from] : sources_) hub_ports_.hand_on(kind, from, port_id);
}

Result<v1::CreateHubPortResponse> OneToManyElement::create_hub_port(const std::string& port_id) {
  auto made = add_port(port_id);
  if (!made.ok()) return made.status();
  host().ports_changed();
  v1::CreateHubPortResponse response;
  *response.mutable_port() = *std::move(made);
  return response;
}

Status OneToManyElement::delete_hub_port(const std::string& port_id) {
  if (auto status = hub_ports_.release(port_id); !status.ok()) return status;
  host().ports_changed();
  auto next = sources_;
  for (auto& [kind, from] : next) {
    if (from == port_id) from.clear();
  }
  commit(next);
  return ok();
}

Status OneToManyElement::set_source(const std::string& port_id, kms::v1::MediaKind kind) {
  if (auto status = hub_ports_.check(port_id); !status.ok()) return status;
  return change_source(port_id, kind);
}

Status OneToManyElement::remove_source(kms::v1::MediaKind kind) { return change_source({}, kind); }

Status OneToManyElement::change_source(const std::string& port_id, kms::v1::MediaKind kind) {
  const auto kinds = graph::sound_or_pictures(kind);
  if (!kinds.ok()) return about(kinds.status(), host().name());
  auto next = sources_;
  for (const auto each : *kinds) next[each] = port_id;
  commit(next);
  return ok();
}

v1::GetSourceResponse OneToManyElement::source() const {
  v1::GetSourceResponse response;
  response.set_audio(sources_.at(MEDIA_KIND_AUDIO));
  response.set_video(sources_.at(MEDIA_KIND_VIDEO));
  return response;
}

void OneToManyElement::commit(const Sources& next) {
  if (std::exchange(sources_, next) == next) return;
  for (const auto& port_id : hub_ports_.ids()) hand_on_to(port_id);
  host().ports_changed();
  v1::SourceChanged event;
  event.set_audio(sources_.at(MEDIA_KIND_AUDIO));
  event.set_video(sources_.at(MEDIA_KIND_VIDEO));
  host().emit(event);
}

}  // namespace kms::dispatcher_one_to_many
