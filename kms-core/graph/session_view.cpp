// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

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
  if (port.raw) {
    out.frames += port.raw->frames();
    out.bytes += port.raw->bytes();
  }
  if (port.packets) {
    const auto came = port.packets->whole_track();
    out.bytes += came.bytes;
    out.packets = came.packets;
  }
  if (port.data) out = {0, port.data->bytes(), port.data->messages()};
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
  if (port.data) out = {0, port.data->sent().bytes, port.data->sent().messages};
  return out;
}

bool is_withheld(const SourcePort& port) { return port.packets && port.packets->withheld(); }
bool is_withheld(const SinkPort& port) {
  const auto source = port.packets ? port.packets->source() : nullptr;
  return source && source->withheld();
}

template <typename Port>
constexpr auto kDirection = std::is_same_v<Port, SourcePort> ? v1::DIRECTION_SOURCE : v1::DIRECTION_SINK;

}  // namespace

std::string Session::Impl::link_name(const Link& link) const {
  return description.name() + "/links/" + link.sink.element + "." + link.sink.port;
}

// The true source of a port that hands media on as it comes; nothing for other ports.
Producer Session::Impl::seen_through(const Slot& slot, const SourcePort& port) const {
  const bool own = port.reoffers.empty() && port.same_as.empty();
  return own ? Producer{} : producer_of(slots, links, {slot.id(), port.name});
}

Producer Session::Impl::seen_through(const Slot& slot, const SinkPort& port) const {
  const auto& sources = slot.element().ports().sources;
  const bool handed_on =
      port.hands_on || std::any_of(sources.begin(), sources.end(),
                                   [&](const auto& source) { return source.reoffers == port.name; });
  const auto link = links.find({slot.id(), port.name});
  return handed_on && link != links.end() ? producer_of(slots, links, link->second.source) : Producer{};
}

// What a port hands on nobody counts there: it is what came of its true source.
template <typename Port>
v1::PortStats Session::Impl::port_stats(const Slot& slot, const Port& port) const {
  v1::PortStats out;
  out.set_port(port.name);
  out.set_direction(kDirection<Port>);
  out.set_kind(port.kind);
  const auto producer = seen_through(slot, port);
  const auto so_far = producer ? counted(*producer.port) : counted(port);
  out.set_frames(so_far.frames);
  out.set_bytes(so_far.bytes);
  out.set_packets(so_far.packets);
  out.set_withheld(producer ? is_withheld(*producer.port) : is_withheld(port));
  out.set_bitrate_bps(producer ? flow.bitrate_bps(producer.ref(), v1::DIRECTION_SOURCE)
                               : flow.bitrate_bps({slot.id(), port.name}, kDirection<Port>));
  return out;
}

v1::Element Session::Impl::describe(const Slot& slot) const {
  auto out = slot.describe();
  for (auto& port : *out.mutable_ports()) {
    const bool sends = port.direction() == v1::DIRECTION_SOURCE;
    const auto producer =
        sends ? seen_through(slot, *slot.source(port.name())) : seen_through(slot, *slot.sink(port.name()));
    port.set_flowing(producer ? flow.flowing(producer.ref(), v1::DIRECTION_SOURCE)
                              : port.flowing() || flow.flowing({slot.id(), port.name()}, port.direction()));
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
  const auto& slot = *slots.at(link.sink.element);
  const auto* sink = slot.sink(link.sink.port);
  const auto producer = sink == nullptr ? Producer{} : seen_through(slot, *sink);
  if (producer && !producer.port->offers.empty()) {
    *out.mutable_format() = to_proto(producer.port->offers.front());
    out.set_way("pass through");
    return out;
  }
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
  for (const auto& port : slot.element().ports().sources) *out.add_ports() = port_stats(slot, port);
  for (const auto& port : slot.element().ports().sinks) *out.add_ports() = port_stats(slot, port);
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
  const auto& slot = *slots.at(link.sink.element);
  const auto& sink = *slot.sink(link.sink.port);
  const auto so_far = port_stats(slot, sink);
  out.set_frames(so_far.frames());
  out.set_bytes(so_far.bytes());
  out.set_packets(so_far.packets());
  out.set_bitrate_bps(so_far.bitrate_bps());
  if (sink.data) out.set_dropped(sink.data->sent().dropped);
  if (!sink.media) return out;
  const auto stats = sink.media->stats();
  out.set_dropped(stats.dropped);
  out.set_queue_frames(stats.queue_frames);
  out.set_queue_bytes(stats.queue_bytes);
  out.set_delay_us(stats.delay_us);
  return out;
}

SessionTally Session::tally() const {
  SessionTally out;
  const auto add_queue = [&](const gst::Inlet& inlet) {
    const auto stats = inlet.stats();
    out.queued_frames += stats.queue_frames;
    out.queued_bytes += stats.queue_bytes;
    out.longest_queue = std::max<uint64_t>(out.longest_queue, stats.queue_frames);
  };
  for (const auto& [id, slot] : impl_->slots) {
    if (slot->admitted()) ++out.elements[slot->kind().title];
  }
  for (const auto& [at, link] : impl_->links) {
    ++out.links[to_text(link.kind)];
    const auto* sink = impl_->slots.at(at.element)->sink(at.port);
    if (sink != nullptr && sink->media) add_queue(*sink->media);
  }
  for (const auto& running : impl_->wiring.transcoders()) {
    ++(running.transcoder->encodes() ? out.encoders : out.decoders);
    add_queue(*running.transcoder->inlet());
  }
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
