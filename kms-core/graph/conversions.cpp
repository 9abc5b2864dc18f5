// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/conversions.hpp"

#include <fmt/format.h>

namespace kms::graph {
namespace {

constexpr char kDepayload[] = "depayload";

// What goes wrong in a conversion is told of the element whose media it converts.
std::function<void(const Status&)> tell(Slot& slot) {
  return [&slot](const Status& status) { slot.fail(status); };
}

// Takes from `from` and from nothing else.
void draw(gst::Inlet& inlet, const std::shared_ptr<gst::FanOut>& from) {
  if (inlet.source() != from) inlet.attach(from);
}

void tell_started(Slot& slot, const std::string& port, const Transcoder::Job& job) {
  auto event = slot.event();
  auto* started = event.mutable_transcoding_started();
  started->set_port(port);
  started->set_from(to_text(job.from, job.kind));
  started->set_to(to_text(job.to, job.kind));
  started->set_reason(job.reason);
  slot.send(std::move(event));
}

void tell_stopped(Slot& slot, const std::string& port, const Transcoder& transcoder) {
  const auto& job = transcoder.job();
  auto& frames = transcoder.encodes() ? slot.frames_encoded : slot.frames_decoded;
  frames += transcoder.frames();
  auto event = slot.event();
  auto* stopped = event.mutable_transcoding_stopped();
  stopped->set_port(port);
  stopped->set_from(to_text(job.from, job.kind));
  stopped->set_to(to_text(job.to, job.kind));
  stopped->set_reason("NO_TAKERS");
  slot.send(std::move(event));
}

}  // namespace

Result<Conversions::Supply> Conversions::supply(const Producer& from, const Way& way,
                                                const std::string& cname) {
  const bool is_raw = way.from.packing == v1::PACKING_RAW && from.port->raw;
  Supply out{.media = is_raw ? from.port->raw : from.port->media,
             .packets = from.port->packets,
             .data = from.port->data};
  auto status = way.depayload ? depayload(from, way, out) : ok();
  if (status.ok() && way.decode) {
    status = transcode(from, {.from = encoded(way.from.codec), .to = raw(), .reason = way.reason}, out);
  }
  if (status.ok() && way.encode) {
    out.raw = out.media;
    status = transcode(from, {.from = raw(), .to = encoded(way.to.codec), .reason = way.reason}, out);
  }
  if (status.ok() && way.payload) status = payload(from, way, cname, out);
  if (!status.ok()) return status;
  if (way.to.packing == v1::PACKING_RTP) {
    out.media.reset();
  } else {
    out.packets.reset();
  }
  return out;
}

// A peer that is gone leaves its takers where they are: the end of the stream is on its way to them.
Status Conversions::depayload(const Producer& from, const Way& way, Supply& supply) {
  auto& place = depayloaders_[from.ref()];
  const auto& source = from.port->packets;
  if (source && place.source != source) {
    auto made = make_depayloader(from);
    if (!made.ok()) {
      depayloaders_.erase(from.ref());
      return made.status();
    }
    place = {source, way.from.codec, *std::move(made)};
  }
  if (!source && !std::exchange(place.ended, true)) place.bridge->fan_out()->end();
  supply.media = place.bridge->fan_out();
  supply.through.push_back({from.ref(), kDepayload});
  used_.insert(supply.through.back());
  return ok();
}

Result<std::unique_ptr<bridge::RtpToGst>> Conversions::make_depayloader(const Producer& from) {
  bridge::RtpToGst::Options options;
  options.name = from.slot->id() + "-" + from.port->name;
  options.patience = from.port->patience;
  options.on_error = tell(*from.slot);
  return bridge::RtpToGst::create(owner_.rtc, from.port->packets, owner_.processing(), std::move(options));
}

std::vector<PortRef> Conversions::simulcast() const {
  std::vector<PortRef> out;
  for (const auto& [port, each] : depayloaders_) {
    if (each.source && each.source->encodings().size() > 1) out.push_back(port);
  }
  return out;
}

void Conversions::want(const PortRef& source, const rtc::PictureSize& size) {
  depayloaders_.at(source).bridge->want(size);
}

Status Conversions::transcode(const Producer& from, const Way& step, Supply& supply) {
  const auto kind = from.port->kind;
  const Key key{from.ref(), to_text(step.from, kind) + " to " + to_text(step.to, kind)};
  auto& place = transcoders_[key];
  if (!place) {
    auto made = make_transcoder(from, step);
    if (!made.ok()) {
      transcoders_.erase(key);
      return made.status();
    }
    place = *std::move(made);
    tell_started(*from.slot, from.port->name, place->job());
  }
  draw(*place->inlet(), supply.media);
  supply.media = place->fan_out();
  supply.through.push_back(key);
  used_.insert(key);
  return ok();
}

Result<std::unique_ptr<Transcoder>> Conversions::make_transcoder(const Producer& from, const Way& step) {
  const bool encodes = step.to.packing != v1::PACKING_RAW;
  const Transcoder::Job job{.name = from.slot->id() + (encodes ? "-encoder" : "-decoder"),
                            .kind = from.port->kind,
                            .from = step.from,
                            .to = step.to,
                            .reason = step.reason,
                            .came = from.port->packets ? gst::CameAs::kPackets : gst::CameAs::kFrames};
  return Transcoder::create(job, owner_.processing(), tell(*from.slot));
}

// Its name is a part of the key: media that comes from elsewhere now is another source to its receivers.
Status Conversions::payload(const Producer& from, const Way& way, const std::string& cname, Supply& supply) {
  const Key key{from.ref(), fmt::format("payload {} of {}", way.to.codec, cname)};
  auto& place = payloaders_[key];
  const bool encodes = way.encode && from.port->kind == v1::MEDIA_KIND_VIDEO;
  // The same stream encoded, where it was not: to its receivers it is another one.
  if (place.bridge && encodes != (place.rungs != nullptr)) place = {};
  if (!place.bridge) {
    auto made = make_payloader(from, way, cname, supply);
    if (!made.ok()) {
      payloaders_.erase(key);
      return made.status();
    }
    place = *std::move(made);
  }
  draw(*place.bridge->inlet(), supply.media);
  if (place.rungs)
    place.rungs->feed({supply.raw, transcoders_.at(supply.through.back()).get(), place.bridge.get()});
  supply.packets = place.bridge->source();
  supply.through.push_back(key);
  used_.insert(key);
  return ok();
}

Result<Conversions::Payloader> Conversions::make_payloader(const Producer& from, const Way& way,
                                                           const std::string& cname, const Supply& supply) {
  bridge::GstToRtp::Options options;
  options.name = from.slot->id() + "-" + from.port->name;
  options.codec = *rtc::codec_named(way.to.codec);  // the planner asked GstToRtp::knows()
  options.cname = cname;
  options.keep_from_key_frame = from.port->keeps_key_frame && !way.encode;
  options.on_error = tell(*from.slot);
  const bool encodes = way.encode && from.port->kind == v1::MEDIA_KIND_VIDEO;
  if (encodes) options.encodings = std::make_shared<std::vector<rtc::SourceTrack::Description>>();
  auto bridge = bridge::GstToRtp::create(owner_.rtc, owner_.processing(), options);
  if (!bridge.ok()) return bridge.status();
  Payloader out{way.to.codec, *std::move(bridge)};
  if (!encodes) return out;
  auto rungs = make_rungs(from, std::move(options), supply);
  if (!rungs.ok()) return rungs.status();
  out.rungs = *std::move(rungs);
  return out;
}

// The element is there as long as its conversions are, but for their very end (end_payloaders()).
Result<std::unique_ptr<Rungs>> Conversions::make_rungs(const Producer& from, bridge::GstToRtp::Options to,
                                                       const Supply& supply) {
  Rungs::Options options{.job = transcoders_.at(supply.through.back())->job(), .to = std::move(to)};
  const auto port = from.port->name;
  options.on_start = [slot = from.slot, port](const Transcoder& one) {
    tell_started(*slot, port, one.job());
  };
  options.on_stop = [slot = from.slot, port](const Transcoder& one) { tell_stopped(*slot, port, one); };
  return Rungs::create(owner_.rtc, owner_.processing(), std::move(options));
}

void Conversions::end_payloaders(const Slots& slots) {
  std::erase_if(payloaders_, [&](const auto& entry) {
    const auto& [key, payloader] = entry;
    if (used_.contains(key)) return false;
    if (payloader.rungs && slots.contains(key.first.element)) payloader.rungs->stop();
    return true;
  });
}

void Conversions::end_unused(const Slots& slots) {
  end_payloaders(slots);
  for (auto entry = transcoders_.begin(); entry != transcoders_.end();) {
    const auto& source = entry->first.first;
    if (used_.contains(entry->first)) {
      ++entry;
      continue;
    }
    const auto slot = slots.find(source.element);
    if (slot != slots.end()) tell_stopped(*slot->second, source.port, *entry->second);
    entry = transcoders_.erase(entry);
  }
  std::erase_if(depayloaders_, [&](const auto& entry) { return !used_.contains({entry.first, kDepayload}); });
  used_.clear();
}

std::vector<Conversions::RunningBridge> Conversions::bridges() const {
  std::vector<RunningBridge> out;
  for (const auto& [source, each] : depayloaders_) {
    out.push_back({{source, kDepayload}, rtp(each.codec), encoded(each.codec), each.bridge->stats()});
  }
  for (const auto& [key, each] : payloaders_) {
    bridge::RtpToGst::Stats stats;
    stats.packets = each.bridge->source()->packets();
    out.push_back({key, encoded(each.codec), rtp(each.codec), stats});
  }
  return out;
}

std::vector<Conversions::Running> Conversions::transcoders() const {
  std::vector<Running> out;
  for (const auto& [key, transcoder] : transcoders_) out.push_back({key, transcoder.get()});
  for (const auto& [key, payloader] : payloaders_) {
    if (!payloader.rungs) continue;
    for (const auto* each : payloader.rungs->running()) out.push_back({key, each});
  }
  return out;
}

}  // namespace kms::graph
