// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/whip_element.hpp"

#include <algorithm>

#include "elements/webrtc_client/offered_formats.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms::webrtc_client {
namespace {

graph::Formats formats_of(const std::vector<rtc::Codec>& codecs) {
  graph::Formats formats;
  for (const auto codec : codecs) formats.push_back(graph::rtp(api_name(codec)));
  return formats;
}

std::vector<rtc::Codec> codecs_of(const AgreedLine& line) {
  std::vector<rtc::Codec> codecs;
  std::ranges::transform(line.formats, std::back_inserter(codecs), &AgreedFormat::codec);
  return codecs;
}

}  // namespace

Result<std::unique_ptr<graph::Element>> WhipElement::create(graph::ElementHost& host,
                                                            const v1::WhipClientOptions& options) {
  const auto settings = read_options(host.config(), options);
  if (!settings.ok()) return settings.status();
  auto element =
      std::unique_ptr<WhipElement>(new WhipElement(host, *settings));  // its constructor is private
  if (options.autostart()) element->client().start([](const Status&) {});
  return element;
}

WhipElement::WhipElement(graph::ElementHost& element_host, const Settings& settings) : Element(element_host) {
  add_line(false, settings.audio);
  add_line(true, settings.video);
  Client::Owner owner{.plan = {},
                      .on_connected = [this](const Agreement& agreement,
                                             Connection& connection) { connected(agreement, connection); },
                      .on_disconnected = [this] { disconnected(); }};
  for (const auto& codecs : offered_) owner.plan.lines.push_back({offered_formats(codecs)});
  client_ = std::make_unique<Client>(host(), settings, std::move(owner));
}

// Both ports are there always; a kind without codecs takes nothing.
void WhipElement::add_line(bool video, const std::vector<rtc::Codec>& codecs) {
  ports_.sinks.push_back({.name = video ? "video" : "audio",
                          .kind = video ? kms::v1::MEDIA_KIND_VIDEO : kms::v1::MEDIA_KIND_AUDIO,
                          .accepts = formats_of(codecs)});
  if (!codecs.empty()) offered_.push_back(codecs);
}

void WhipElement::connected(const Agreement& agreement, Connection& connection) {
  for (size_t line = 0; line < agreement.lines.size(); ++line) {
    const auto& agreed = agreement.lines[line];
    auto& sender = senders_.emplace_back();
    if (agreed.formats.empty()) continue;
    // Posted: it is told in the middle of wiring.
    auto fix = [this, line, &loop = host().loop()](rtc::Codec codec) {
      loop.post(connection_guard_.wrap([this, line, codec] { fix_codec(line, codec); }));
    };
    sender = std::make_shared<LineSender>(LineSender::Place{host().rtc(), connection, line}, agreed, fix);
    auto& port = ports_.sinks[agreed.video ? 1 : 0];
    port.accepts = formats_of(codecs_of(agreed));
    port.packets = sender;
  }
  host().ports_changed();
}

// What comes in another codec later is transcoded.
void WhipElement::fix_codec(size_t line, rtc::Codec codec) {
  const bool video = !rtc::is_audio(codec);
  if (senders_.at(line)) ports_.sinks[video ? 1 : 0].accepts = formats_of({codec});
  host().ports_changed();
}

void WhipElement::disconnected() {
  connection_guard_.reset();
  for (const auto& sender : senders_) {
    if (sender) sender->end();
  }
  senders_.clear();
  for (const auto& codecs : offered_) {
    auto& port = ports_.sinks[rtc::is_audio(codecs.front()) ? 0 : 1];
    port.packets.reset();
    port.accepts = formats_of(codecs);
  }
  host().ports_changed();
}

v1::GetConnectionResponse WhipElement::connection() const {
  v1::GetConnectionResponse out;
  out.set_state(client_->state());
  for (const auto& sender : senders_) {
    if (!sender || !sender->codec()) continue;
    const bool video = !rtc::is_audio(*sender->codec());
    (video ? *out.mutable_video_codec() : *out.mutable_audio_codec()) = api_name(*sender->codec());
  }
  return out;
}

void WhipElement::close(Done done) {
  guard_.reset();
  client_->stop(std::move(done));
}

}  // namespace kms::webrtc_client
