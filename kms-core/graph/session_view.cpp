// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/graphviz.hpp"
#include "kms-core/graph/names.hpp"
#include "kms-core/graph/session_impl.hpp"

namespace kms::graph {
namespace {

struct Counted {
  uint64_t frames = 0;
  uint64_t bytes = 0;
  uint64_t packets = 0;
};

Counted counted(const SourcePort& port) {
  Counted out;
  if (port.media) out = {port.media->frames(), port.media->bytes()};
  if (port.packets) {
    out.bytes += port.packets->bytes();
    out.packets = port.packets->packets();
  }
  return out;
}

Counted counted(const SinkPort& port) {
  Counted out;
  if (port.media) out = {port.media->stats().frames, port.media->stats().bytes};
  if (port.packets) {
    const auto sent = port.packets->sent();
    out.bytes += sent.bytes;
    out.packets = sent.packets;
  }
  return out;
}

template <typename Port>
v1::PortStats port_stats(const Port& port, Direction direction, uint64_t bitrate_bps) {
  v1::PortStats out;
  out.set_port(port.name);
  out.set_direction(direction);
  out.set_kind(port.kind);
  const auto so_far = counted(port);
  out.set_frames(so_far.frames);
  out.set_bytes(so_far.bytes);
  out.set_packets(so_far.packets);
  out.set_bitrate_bps(bitrate_bps);
  return out;
}

template <typename Ports>
void count(const FlowWatch& flow, const std::string& element, const Ports& ports, v1::ElementStats& out) {
  constexpr bool kSources = std::is_same_v<typename Ports::value_type, SourcePort>;
  const auto direction = kSources ? v1::DIRECTION_SOURCE : v1::DIRECTION_SINK;
  for (const auto& port : ports) {
    *out.add_ports() = port_stats(port, direction, flow.bitrate_bps({element, port.name}, direction));
  }
}

}  // namespace

std::string Session::Impl::link_name(const Link& link) const {
  return description.name() + "/links/" + link.sink.element + "." + link.sink.port;
}

v1::Element Session::Impl::describe(const Slot& slot) const {
  auto out = slot.describe();
  for (auto& port : *out.mutable_ports()) {
    port.set_flowing(port.flowing() || flow.flowing({slot.id(), port.name()}, port.direction()));
  }
  return out;
}

v1::Link Session::Impl::describe(const Link& link) const {
  v1::Link out;
  out.set_name(link_name(link));
  out.set_source(element_name(description.name(), link.source.element));
  out.set_source_port(link.source.port);
  out.set_sink(element_name(description.name(), link.sink.element));
  out.set_sink_port(link.sink.port);
  out.set_kind(link.kind);
  const auto way = wiring.way_of(link.sink);
  if (way.known) *out.mutable_format() = to_proto(way.to);
  out.set_way(to_text(way, link.kind));
  return out;
}

v1::Session Session::describe() const {
  auto out = impl_->description;
  out.set_element_count(static_cast<uint32_t>(impl_->slots.size()));
  out.set_link_count(static_cast<uint32_t>(impl_->links.size()));
  return out;
}

v1::GetGraphResponse Session::graph() const {
  v1::GetGraphResponse out;
  for (const auto& element : list_elements()) *out.add_elements() = element;
  for (const auto& link : list_links()) *out.add_links() = link;
  for (const auto& running : impl_->wiring.transcoders()) {
    auto* transcoder = out.add_transcoders();
    transcoder->set_source(element_name(name(), running.key.first.element));
    transcoder->set_source_port(running.key.first.port);
    *transcoder->mutable_from() = to_proto(running.transcoder->job().from);
    *transcoder->mutable_to() = to_proto(running.transcoder->job().to);
    transcoder->set_bitrate_bps(running.transcoder->bitrate_bps());
    transcoder->set_takers(static_cast<uint32_t>(impl_->wiring.takers(running.key)));
    transcoder->set_reason(running.transcoder->job().reason);
  }
  for (const auto& running : impl_->wiring.bridges()) {
    auto& bridge = *out.add_bridges();
    bridge.set_source(element_name(name(), running.key.first.element));
    bridge.set_source_port(running.key.first.port);
    *bridge.mutable_from() = to_proto(running.from);
    *bridge.mutable_to() = to_proto(running.to);
    bridge.set_takers(static_cast<uint32_t>(impl_->wiring.takers(running.key)));
    bridge.set_packets(running.stats.packets);
    bridge.set_lost(running.stats.lost);
    bridge.set_late(running.stats.late);
    bridge.set_concealed(running.stats.concealed);
  }
  out.set_graphviz(to_graphviz(
      out, [&](const std::string& kind) { return impl_->environment.catalog.find(kind)->title; }));
  return out;
}

v1::ElementStats Session::Impl::stats_of(const Slot& slot) const {
  v1::ElementStats out;
  out.set_name(slot.name());
  count(flow, slot.id(), slot.element().ports().sources, out);
  count(flow, slot.id(), slot.element().ports().sinks, out);
  out.set_frames_decoded(slot.frames_decoded);
  out.set_frames_encoded(slot.frames_encoded);
  for (const auto& running : wiring.transcoders()) {
    if (running.key.first.element != slot.id()) continue;
    const auto frames = running.transcoder->frames();
    if (running.transcoder->encodes()) {
      out.set_frames_encoded(out.frames_encoded() + frames);
      out.set_encoders(out.encoders() + 1);
    } else {
      out.set_frames_decoded(out.frames_decoded() + frames);
      out.set_decoders(out.decoders() + 1);
    }
  }
  return out;
}

v1::LinkStats Session::Impl::stats_of(const Link& link) const {
  v1::LinkStats out;
  *out.mutable_link() = describe(link);
  const auto& sink = *slots.at(link.sink.element)->sink(link.sink.port);
  const auto so_far = counted(sink);
  out.set_frames(so_far.frames);
  out.set_bytes(so_far.bytes);
  out.set_packets(so_far.packets);
  out.set_bitrate_bps(flow.bitrate_bps(link.sink, v1::DIRECTION_SINK));
  if (!sink.media) return out;
  const auto stats = sink.media->stats();
  out.set_dropped(stats.dropped);
  out.set_queue_frames(stats.queue_frames);
  out.set_queue_bytes(stats.queue_bytes);
  out.set_delay_us(stats.delay_us);
  return out;
}

Result<v1::GetStatsResponse> Session::stats(const std::string& asked) const {
  const bool all = asked == name();
  std::string only;
  if (!all) {
    const auto slot = impl_->find(asked);
    if (!slot.ok()) return slot.status();
    only = (*slot)->id();
  }
  v1::GetStatsResponse out;
  for (const auto& [id, slot] : impl_->slots) {
    if ((all || id == only) && !slot->closing()) *out.add_elements() = impl_->stats_of(*slot);
  }
  for (const auto& [sink, link] : impl_->links) {
    const bool wanted = all || sink.element == only || link.source.element == only;
    if (wanted) *out.add_links() = impl_->stats_of(link);
  }
  return out;
}

}  // namespace kms::graph
