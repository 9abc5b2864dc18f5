// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/sound_hub.hpp"

#include <algorithm>

#include "kms-core/gst/fan_out.hpp"

namespace kms::mix {
namespace {

constexpr char kOpus[] = "OPUS";

// "alice.audio" is of alice, "audio" of nobody.
std::string owner_of(const std::string& port) {
  const auto dot = port.rfind('.');
  return dot == std::string::npos ? std::string() : port.substr(0, dot);
}

}  // namespace

// A sink port's way in on the RTP plane. Control loop.
class SoundHub::PacketsIn : public graph::PacketTaker {
 public:
  PacketsIn(SoundHub& hub, std::string port_id) : hub_(&hub), port_id_(std::move(port_id)) {}
  void take(const rtc::SourceRef& source) override {
    source_ = source;
    if (hub_ != nullptr) hub_->take(port_id_, source);
  }
  const rtc::SourceRef& source() const override { return source_; }
  Sent sent() const override { return sound_ ? Sent{sound_->packets(), sound_->bytes()} : Sent{}; }

  void set(std::shared_ptr<const PacketSound> sound) { sound_ = std::move(sound); }
  void end() { hub_ = nullptr; }

 private:
  SoundHub* hub_;  // null: the hub port has gone
  const std::string port_id_;
  rtc::SourceRef source_;
  std::shared_ptr<const PacketSound> sound_;
};

SoundHub::SoundHub(graph::ElementHost& host, const SoundMixer::Options& options,
                   std::function<void(const std::string&)> on_speaker)
    : host_(host), options_(options), mixer_(std::make_shared<SoundMixer>(options)) {
  auto tell = guard_.wrap([this, on_speaker = std::move(on_speaker)](std::optional<uint64_t> id) {
    const auto port_id = port_of(id);
    if (!id || !port_id.empty()) on_speaker(port_id);
  });
  mixer_->on_speaker([loop = &host_.loop(), tell](std::optional<uint64_t> id) {
    loop->post([tell, id]() mutable { tell(id); });
  });
}

std::shared_ptr<SoundOutput> SoundHub::make_output() {
  rtc::LocalSourceOptions wanted;
  wanted.codec = rtc::Codec::kOpus;
  wanted.cname = host_.name();
  return std::make_shared<SoundOutput>(options_.channels, host_.rtc().create_local_source(wanted));
}

graph::SourcePort SoundHub::source_port(const std::shared_ptr<SoundOutput>& output) const {
  return {.name = {},
          .kind = kms::v1::MEDIA_KIND_AUDIO,
          .offers = {graph::rtp(kOpus), graph::encoded(kOpus), graph::raw()},
          .media = output->encoded(),
          .packets = output->packets(),
          .raw = output->raw(),
          .cname = host_.name()};
}

graph::SourcePort SoundHub::mix_of_all() {
  auto& place = places_[""];
  place.output = make_output();
  auto port = source_port(place.output);
  port.name = "audio";
  seat();
  return port;
}

Result<graph::Ports> SoundHub::add(const std::string& port_id, const InputSettings& settings) {
  auto input = SoundInput::create(
      host_.processing(), {.name = "mixed-" + port_id,
                           .channels = options_.channels,
                           .on_error = guard_.wrap([this](const Status& status) { host_.fail(status); })});
  if (!input.ok()) return input.status();
  auto& place = places_[port_id];
  place = {.id = next_id_++,
           .input = *std::move(input),
           .packets = std::make_shared<PacketsIn>(*this, port_id),
           .output = make_output(),
           .gain = settings.gain,
           .muted = settings.muted};
  seat();
  graph::Ports out;
  out.sinks.push_back({.name = {},
                       .kind = kms::v1::MEDIA_KIND_AUDIO,
                       .accepts = {graph::rtp(kOpus), graph::raw()},
                       .media = place.input->inlet(),
                       .packets = place.packets});
  out.sources.push_back(source_port(place.output));
  return out;
}

void SoundHub::set(const std::string& port_id, const InputSettings& settings) {
  auto& place = places_.at(port_id);
  place.gain = settings.gain;
  place.muted = settings.muted;
  seat();
}

void SoundHub::remove(const std::string& port_id) {
  const auto found = places_.find(port_id);
  if (found == places_.end()) return;
  found->second.packets->end();
  places_.erase(found);
  seat();
}

void SoundHub::take(const std::string& port_id, const rtc::SourceRef& packets) {
  auto& place = places_.at(port_id);
  place.input->take(host_.rtc(), packets);
  place.packets->set(place.input->packets());
  seat();
}

void SoundHub::sink_linked(const graph::SinkPort& port, bool linked) {
  const auto found = places_.find(owner_of(port.name));
  if (port.kind != kms::v1::MEDIA_KIND_AUDIO || found == places_.end()) return;
  found->second.linked = linked;
  seat();
}

void SoundHub::source_linked(const graph::SourcePort& port, bool linked) {
  const auto found = places_.find(owner_of(port.name));
  if (port.kind != kms::v1::MEDIA_KIND_AUDIO || found == places_.end()) return;
  found->second.output->set_taken(linked);
  mixer_->wake();
}

// Nobody sits where nothing is linked; the mixer would ask him for nothing fifty times a second.
void SoundHub::seat() {
  SoundMixer::Seats seats;
  bool any = false;
  for (const auto& [port_id, place] : places_) {
    seats.push_back({.id = place.id,
                     .source = place.linked ? place.input->source() : nullptr,
                     .output = place.output,
                     .gain = place.gain,
                     .muted = place.muted});
    any = any || place.linked;
  }
  mixer_->set(std::move(seats));
  if (any) mixer_->wake();
}

std::string SoundHub::port_of(std::optional<uint64_t> id) const {
  const auto found =
      std::find_if(places_.begin(), places_.end(), [&](const auto& entry) { return entry.second.id == id; });
  return found == places_.end() ? std::string() : found->first;
}

void SoundHub::close(Done done) {
  guard_.reset();
  for (auto& [port_id, place] : places_) {
    if (place.packets) place.packets->end();
  }
  places_.clear();
  mixer_->set({});
  host_.workers().run([mixer = mixer_, loop = &host_.loop(), done = std::move(done)]() mutable {
    mixer->stop();
    loop->post([done = std::move(done)]() mutable { done(ok()); });
  });
}

}  // namespace kms::mix
