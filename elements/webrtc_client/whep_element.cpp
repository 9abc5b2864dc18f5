// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/whep_element.hpp"

#include "elements/webrtc_client/offered_formats.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms::webrtc_client {

Result<std::unique_ptr<graph::Element>> WhepElement::create(graph::ElementHost& host,
                                                            const v1::WhepClientOptions& options) {
  const auto settings = read_options(host.config(), options);
  if (!settings.ok()) return settings.status();
  auto element =
      std::unique_ptr<WhepElement>(new WhepElement(host, *settings));  // its constructor is private
  if (options.autostart()) element->client().start([](const Status&) {});
  return element;
}

WhepElement::WhepElement(graph::ElementHost& element_host, const Settings& settings) : Element(element_host) {
  Client::Owner owner{.plan = {},
                      .on_connected = [this](const Agreement& agreement,
                                             Connection& connection) { connected(agreement, connection); },
                      .on_disconnected = [this] { disconnected(); },
                      .on_ended = [this] { ended(); }};
  add_line(false, settings.audio, owner.plan);
  add_line(true, settings.video, owner.plan);
  owner.plan.on_packet = [receivers = receivers_](bool video, GstBuffer* packet) {
    receivers[video ? 1 : 0]->take(packet);
  };
  client_ = std::make_unique<Client>(host(), settings, std::move(owner));
}

void WhepElement::add_line(bool video, const std::vector<rtc::Codec>& codecs, Connection::Plan& plan) {
  ports_.sources.push_back({.name = video ? "video" : "audio",
                            .kind = video ? kms::v1::MEDIA_KIND_VIDEO : kms::v1::MEDIA_KIND_AUDIO,
                            .cname = host().name()});
  receivers_[video ? 1 : 0] = std::make_shared<LineReceiver>(tell(video));
  if (!codecs.empty()) plan.lines.push_back({.formats = offered_formats(codecs), .receives = true});
}

LineReceiver::Tell WhepElement::tell(bool video) {
  auto use = guard_.wrap([this, video](rtc::Codec codec) { use_codec(video, codec); });
  return {.on_codec = [&loop = host().loop(),
                       use](rtc::Codec codec) { loop.post([use = use, codec]() mutable { use(codec); }); },
          .on_key_frame_wanted = key_frame_asker()};
}

// For any thread.
std::function<void()> WhepElement::key_frame_asker() {
  auto ask = guard_.wrap([this] { ask_for_key_frame(); });
  return [&loop = host().loop(), ask] { loop.post([ask = ask]() mutable { ask(); }); };
}

void WhepElement::ask_for_key_frame() {
  if (connection_ != nullptr) connection_->want_key_frame();
}

void WhepElement::connected(const Agreement& agreement, Connection& connection) {
  connection_ = &connection;
  for (const auto& line : agreement.lines) {
    receivers_[line.video ? 1 : 0]->expect(line);
    if (!line.formats.empty()) use_codec(line.video, line.formats.front().codec);
  }
  connection.want_key_frame();
}

// A source of the same codec stays, and so do its takers.
void WhepElement::use_codec(bool video, rtc::Codec codec) {
  auto& receiver = *receivers_[video ? 1 : 0];
  const auto now = receiver.source();
  if (connection_ == nullptr || (now && now->codec() == codec)) return;
  rtc::LocalSourceOptions wanted;
  wanted.codec = codec;
  wanted.parameters = receiver.parameters_of(codec);
  wanted.cname = host().name();
  if (video) wanted.on_key_frame_wanted = key_frame_asker();
  receiver.open(codec, host().rtc().create_local_source(wanted));
  port(video).packets = receiver.source();
  port(video).offers = {graph::rtp(api_name(codec))};
  host().ports_changed();
}

void WhepElement::disconnected() { connection_ = nullptr; }

void WhepElement::ended() {
  bool any = false;
  for (const bool video : {false, true}) {
    auto& receiver = *receivers_[video ? 1 : 0];
    any = any || receiver.source();
    receiver.open(rtc::Codec::kOpus, nullptr);
    port(video).packets.reset();
    port(video).offers.clear();
  }
  if (!any || closing_) return;
  host().ports_changed();
  host().end_of_stream();
}

v1::GetConnectionResponse WhepElement::connection() const {
  v1::GetConnectionResponse out;
  out.set_state(client_->state());
  if (connection_ == nullptr) return out;
  for (const bool video : {false, true}) {
    const auto source = receivers_[video ? 1 : 0]->source();
    if (source) (video ? *out.mutable_video_codec() : *out.mutable_audio_codec()) = api_name(source->codec());
  }
  return out;
}

void WhepElement::close(Done done) {
  guard_.reset();
  closing_ = true;
  client_->stop(std::move(done));
}

}  // namespace kms::webrtc_client
