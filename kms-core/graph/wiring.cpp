// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/wiring.hpp"

#include <algorithm>

#include "kms-core/graph/wanted_size.hpp"

namespace kms::graph {
namespace {

bool has_way_in(const SinkPort& sink) { return sink.media || sink.packets || sink.data; }

// Lets the sink take from what is supplied on either plane, and from nothing on the other.
void attach(const SinkPort& sink, const Conversions::Supply& supply) {
  if (sink.packets && sink.packets->source() != supply.packets) sink.packets->take(supply.packets);
  if (sink.data && sink.data->source() != supply.data) sink.data->take(supply.data);
  if (!sink.media || sink.media->source() == supply.media) return;
  if (supply.media) {
    sink.media->attach(supply.media);
  } else {
    sink.media->detach();
  }
}

// Of what reaches a receiver of RTP as it is.
std::string why_unsuitable(const SourcePort& source, const SinkPort& sink) {
  constexpr auto kUnsuitable = "STREAM_UNSUITABLE";
  if (source.packets) return sink.packets && !sink.packets->fits(source.packets) ? kUnsuitable : "";
  if (source.reorders || source.turned) return kUnsuitable;
  return source.rare_key_frames ? "KEY_FRAMES_RARE" : "";
}

}  // namespace

Result<Way> Wiring::choose(const Producer& producer, const SinkPort& sink) const {
  return choose_way({.kind = sink.kind,
                     .offers = producer.port->offers,
                     .accepts = sink.accepts,
                     .refuse_transcoding = refuse_transcoding_,
                     .unsuitable = why_unsuitable(*producer.port, sink)},
                    abilities_);
}

Result<Way> Wiring::way(const Slots& slots, const Links& links, const Link& link) const {
  const auto producer = producer_of(slots, links, link.source);
  const auto* sink = slots.at(link.sink.element)->sink(link.sink.port);
  if (!producer || !has_way_in(*sink)) return Way{};
  return choose(producer, *sink);
}

void Wiring::update(Slots& slots, const Links& links) {
  std::erase_if(attachments_, [&](const auto& entry) { return !links.contains(entry.first); });
  for (const auto& [sink, link] : links) wire(slots, links, link);
  release_unlinked(slots, links);
  conversions_.end_unused(slots);
  tell_wishes(slots, links);
}

void Wiring::tell_wishes(const Slots& slots, const Links& links) {
  const auto on_media_plane = [this](const PortRef& sink) { return attachments_.at(sink).way.depayload; };
  for (const auto& port : conversions_.simulcast())
    conversions_.want(port, wanted_size(slots, links, port, on_media_plane));
}

void Wiring::release_unlinked(const Slots& slots, const Links& links) {
  for (const auto& [id, slot] : slots) {
    if (!slot->filled() || slot->closing()) continue;
    for (const auto& port : slot->element().ports().sinks) {
      if (!links.contains({id, port.name})) attach(port, {});
    }
  }
}

// A peer that is gone offers nothing any more. Those who took its media over to the other plane stay where
// they are: the end of the stream is on its way to them.
Result<Way> Wiring::plan(const Producer& producer, const SinkPort& sink, const Attachment& now) const {
  if (!producer) return Way{};
  auto way = choose(producer, sink);
  const bool ended = way.ok() && !way->known && now.way.depayload && conversions_.depayloads(producer.ref());
  return ended ? now.way : way;
}

void Wiring::wire(Slots& slots, const Links& links, const Link& link) {
  auto& slot = *slots.at(link.sink.element);
  const auto* sink = slot.sink(link.sink.port);
  auto& attachment = attachments_[link.sink];
  if (!has_way_in(*sink)) {
    attachment = {};
    return;
  }
  const auto producer = producer_of(slots, links, link.source);
  auto way = plan(producer, *sink, attachment);
  Result<Conversions::Supply> supply = Conversions::Supply{};
  if (way.ok() && way->known) supply = conversions_.supply(producer, *way, origin_of(slots, links, producer));
  if (!supply.ok()) way = supply.status();
  const auto reason = way.ok() ? std::string() : reason_of(way.status());
  if (!reason.empty() && reason != attachment.error) slot.fail(way.status());
  if (!supply.ok()) supply = Conversions::Supply{};
  attachment = {way.ok() ? *way : Way{}, reason, supply->through};
  attach(*sink, *supply);
}

size_t Wiring::takers(const Conversions::Key& key) const {
  const auto takes = [&](const auto& entry) {
    const auto& through = entry.second.through;
    return std::find(through.begin(), through.end(), key) != through.end();
  };
  return static_cast<size_t>(std::count_if(attachments_.begin(), attachments_.end(), takes));
}

Way Wiring::way_of(const PortRef& sink) const {
  const auto found = attachments_.find(sink);
  return found == attachments_.end() ? Way{} : found->second.way;
}

}  // namespace kms::graph
