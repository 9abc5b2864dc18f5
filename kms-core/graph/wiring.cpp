// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/wiring.hpp"

#include <algorithm>
#include <set>

namespace kms::graph {

// One run of update(): what was found to be needed.
struct Wiring::Pass {
  Slots& slots;
  const Links& links;
  std::set<Key> used = {};
  Status failure = ok();
};

// A port that only re-offers what a sink port of its element gets: the true producer is upstream of that.
Wiring::Producer Wiring::producer_of(const Slots& slots, const Links& links, const PortRef& source) {
  const auto slot = slots.find(source.element);
  if (slot == slots.end() || !slot->second->filled()) return {};
  const auto* port = slot->second->source(source.port);
  if (port == nullptr || port->reoffers.empty()) return {slot->second.get(), port};
  const auto upstream = links.find({source.element, port->reoffers});
  return upstream == links.end() ? Producer{} : producer_of(slots, links, upstream->second.source);
}

Result<Way> Wiring::choose(const Producer& producer, const SinkPort& sink) const {
  return choose_way({sink.kind, producer.port->offers, sink.accepts, owner_.refuse_transcoding}, abilities_);
}

Result<Way> Wiring::way(const Slots& slots, const Links& links, const Link& link) const {
  const auto producer = producer_of(slots, links, link.source);
  const auto* sink = slots.at(link.sink.element)->sink(link.sink.port);
  if (!producer || !sink->media) return Way{};
  return choose(producer, *sink);
}

void Wiring::update(Slots& slots, const Links& links) {
  Pass pass{slots, links};
  std::erase_if(attachments_, [&](const auto& entry) { return !links.contains(entry.first); });
  for (const auto& [sink, link] : links) wire(pass, link);
  for (const auto& [id, slot] : slots) {
    if (!slot->filled() || slot->closing()) continue;
    for (const auto& port : slot->element().ports().sinks) {
      if (port.media && !links.contains({id, port.name}) && port.media->source()) port.media->detach();
    }
  }
  end_unused(pass);
}

void Wiring::wire(Pass& pass, const Link& link) {
  auto& slot = *pass.slots.at(link.sink.element);
  const auto* sink = slot.sink(link.sink.port);
  auto& attachment = attachments_[link.sink];
  if (!sink->media) return;
  const auto producer = producer_of(pass.slots, pass.links, link.source);
  auto way = producer ? choose(producer, *sink) : Result<Way>(Way{});
  std::shared_ptr<gst::FanOut> from;
  if (way.ok() && way->known) from = supply(pass, producer, *way);
  if (!pass.failure.ok()) way = std::exchange(pass.failure, ok());
  attachment.way = way.ok() ? *way : Way{};
  const auto reason = way.ok() ? std::string() : reason_of(way.status());
  if (!reason.empty() && reason != attachment.error) slot.fail(way.status());
  attachment.error = reason;
  if (from == sink->media->source()) return;
  if (from) {
    sink->media->attach(from);
  } else {
    sink->media->detach();
  }
}

// Where the media of a way comes from; makes the decoder and the encoder on the way.
std::shared_ptr<gst::FanOut> Wiring::supply(Pass& pass, const Producer& producer, const Way& way) {
  if (!way.transcodes()) return producer.port->media;
  auto from = producer.port->media;
  if (way.decode) {
    Way step{.known = true, .decode = true, .from = way.from, .to = raw(), .reason = way.reason};
    auto* decoder = need(pass, producer, step);
    if (decoder == nullptr) return nullptr;
    if (!decoder->inlet()->source()) decoder->inlet()->attach(from);
    from = decoder->fan_out();
  }
  if (!way.encode) return from;
  Way step{.known = true, .encode = true, .from = raw(), .to = way.to, .reason = way.reason};
  auto* encoder = need(pass, producer, step);
  if (encoder == nullptr) return nullptr;
  if (!encoder->inlet()->source()) encoder->inlet()->attach(from);
  return encoder->fan_out();
}

Transcoder* Wiring::need(Pass& pass, const Producer& producer, const Way& step) {
  const PortRef source{producer.slot->id(), producer.port->name};
  const Key key{source,
                to_text(step.from, producer.port->kind) + " to " + to_text(step.to, producer.port->kind)};
  pass.used.insert(key);
  auto& place = transcoders_[key];
  if (place) return place.get();
  const Transcoder::Job job{.name = source.element + (step.encode ? "-encoder" : "-decoder"),
                            .kind = producer.port->kind,
                            .from = step.from,
                            .to = step.to,
                            .reason = step.reason};
  auto made = Transcoder::create(job, owner_.processing(),
                                 [slot = producer.slot](const Status& status) { slot->fail(status); });
  if (!made.ok()) {
    pass.failure = made.status();
    transcoders_.erase(key);
    return nullptr;
  }
  place = std::move(*made);
  tell_started(*producer.slot, *producer.port, *place);
  return place.get();
}

void Wiring::tell_started(Slot& slot, const SourcePort& port, const Transcoder& transcoder) {
  auto event = slot.event();
  auto* started = event.mutable_transcoding_started();
  started->set_port(port.name);
  started->set_from(to_text(transcoder.job().from, port.kind));
  started->set_to(to_text(transcoder.job().to, port.kind));
  started->set_reason(transcoder.job().reason);
  slot.send(std::move(event));
}

void Wiring::end_unused(Pass& pass) {
  for (auto entry = transcoders_.begin(); entry != transcoders_.end();) {
    const auto& [source, words] = entry->first;
    if (pass.used.contains(entry->first)) {
      ++entry;
      continue;
    }
    const auto& transcoder = *entry->second;
    const auto slot = pass.slots.find(source.element);
    if (slot != pass.slots.end()) {
      auto& frames = transcoder.encodes() ? slot->second->frames_encoded : slot->second->frames_decoded;
      frames += transcoder.frames();
      auto event = slot->second->event();
      auto* stopped = event.mutable_transcoding_stopped();
      stopped->set_port(source.port);
      stopped->set_from(to_text(transcoder.job().from, transcoder.job().kind));
      stopped->set_to(to_text(transcoder.job().to, transcoder.job().kind));
      stopped->set_reason("NO_TAKERS");
      slot->second->send(std::move(event));
    }
    entry = transcoders_.erase(entry);
  }
}

std::vector<Wiring::Running> Wiring::transcoders() const {
  std::vector<Running> out;
  for (const auto& [key, transcoder] : transcoders_) out.push_back({key.first, transcoder.get()});
  return out;
}

// An encoder behind a decoder is none itself: those behind it are.
size_t Wiring::takers(const Running& running) const {
  const auto from = running.transcoder->fan_out();
  auto count = from->takers();
  for (const auto& other : transcoders()) {
    if (other.transcoder->inlet()->source() == from) count += takers(other) - 1;
  }
  return count;
}

Way Wiring::way_of(const PortRef& sink) const {
  const auto found = attachments_.find(sink);
  return found == attachments_.end() ? Way{} : found->second.way;
}

}  // namespace kms::graph
