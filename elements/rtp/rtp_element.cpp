// SPDX-License-Identifier: Apache-2.0
#include "elements/rtp/rtp_element.hpp"

#include <algorithm>

#include "elements/rtp/names.hpp"

namespace kms::rtp {
namespace {

const char* port_name(bool video) { return video ? "video" : "audio"; }
graph::MediaKind kind_of(bool video) { return video ? kms::v1::MEDIA_KIND_VIDEO : kms::v1::MEDIA_KIND_AUDIO; }

template <typename Event>
Event event_of(bool video) {
  Event event;
  event.set_port(port_name(video));
  return event;
}

v1::ToneReceived event_of(const rtc::Tone& tone) {
  v1::ToneReceived event;
  event.set_tone(std::string(1, tone.name));
  event.mutable_duration()->set_seconds(tone.duration.count() / 1000);
  event.mutable_duration()->set_nanos(static_cast<int32_t>(tone.duration.count() % 1000 * 1'000'000));
  return event;
}

}  // namespace

Result<std::unique_ptr<graph::Element>> RtpElement::create(graph::ElementHost& host,
                                                           const v1::RtpOptions& options) {
  const auto settings = read_options(options, host.config().rtp);
  if (!settings.ok()) return settings.status();
  return std::unique_ptr<graph::Element>(new RtpElement(host, *settings));
}

RtpElement::RtpElement(graph::ElementHost& element_host, const Settings& settings)
    : Element(element_host),
      by_sdp_(!settings.has_streams()),
      codecs_(settings.peer.policy.codecs.empty() ? all_codecs() : settings.peer.policy.codecs) {
  auto options = settings.peer;
  options.events = peer_events();
  peer_ = host().rtc().create_rtp_peer(std::move(options));
  add_ports(settings);
  if (!by_sdp_) use_streams(settings);
}

template <typename... Given, typename Handler>
std::function<void(Given...)> RtpElement::on_loop(Handler handler) {
  auto guarded = guard_.wrap(std::move(handler));
  return [loop = &host().loop(), guarded](Given... given) {
    loop->post([guarded, ... given = std::move(given)]() mutable { guarded(std::move(given)...); });
  };
}

rtc::RtpPeerEvents RtpElement::peer_events() {
  rtc::RtpPeerEvents events;
  events.on_media_timeout =
      on_loop<bool>([this](bool video) { host().emit(event_of<v1::MediaTimeout>(video)); });
  events.on_media_resumed =
      on_loop<bool>([this](bool video) { host().emit(event_of<v1::MediaResumed>(video)); });
  events.on_goodbye = on_loop<bool>([this](bool) { host().packets_ended(); });
  events.on_remote_address = on_loop<bool, std::string>([this](bool video, const std::string& address) {
    auto event = event_of<v1::RemoteAddressChanged>(video);
    event.set_address(address);
    host().emit(event);
  });
  events.on_tone = on_loop<rtc::Tone>([this](const rtc::Tone& tone) { host().emit(event_of(tone)); });
  return events;
}

void RtpElement::add_ports(const Settings& settings) {
  for (const bool video : {false, true}) {
    auto& taker = takers_[video ? 1 : 0];
    const auto& stream = video ? settings.video : settings.audio;
    taker = std::make_shared<LineTaker>(*peer_);
    ports_.sources.push_back({.name = port_name(video),
                              .kind = kind_of(video),
                              .cname = peer_->cname(),
                              .patience = settings.patience});
    ports_.sinks.push_back(
        {.name = port_name(video),
         .kind = kind_of(video),
         .accepts = stream ? graph::Formats{format_of(stream->codec)} : formats_of(codecs_, video),
         .packets = taker});
  }
}

void RtpElement::use_streams(const Settings& settings) {
  peer_->use(settings.audio, settings.video,
             on_loop<Result<rtc::Answer>>([this](const Result<rtc::Answer>& agreed) {
               if (!agreed.ok()) return host().fail(agreed.status());
               take(*agreed);
             }));
}

Status RtpElement::check_described_by_sdp() const {
  if (by_sdp_) return ok();
  return error(StatusCode::kFailedPrecondition, "NOT_BY_SDP",
               "this element was made with `audio` or `video`, which take the place of descriptions");
}

void RtpElement::process_offer(const std::string& offer, Reply<v1::ProcessOfferResponse> reply) {
  if (const auto status = check_described_by_sdp(); !status.ok()) return reply(status);
  auto shared = std::make_shared<Reply<v1::ProcessOfferResponse>>(std::move(reply));
  peer_->answer(offer, on_loop<Result<rtc::Answer>>([this, shared](const Result<rtc::Answer>& agreed) {
                  if (!agreed.ok()) return (*shared)(agreed.status());
                  take(*agreed);
                  v1::ProcessOfferResponse response;
                  response.set_answer(agreed->sdp);
                  (*shared)(std::move(response));
                }));
}

void RtpElement::generate_offer(const rtc::RtpOffer& wanted, Reply<v1::GenerateOfferResponse> reply) {
  if (const auto status = check_described_by_sdp(); !status.ok()) return reply(status);
  auto shared = std::make_shared<Reply<v1::GenerateOfferResponse>>(std::move(reply));
  peer_->offer(wanted, on_loop<Result<std::string>>([shared](const Result<std::string>& offer) {
                 if (!offer.ok()) return (*shared)(offer.status());
                 v1::GenerateOfferResponse response;
                 response.set_offer(*offer);
                 (*shared)(std::move(response));
               }));
}

void RtpElement::process_answer(const std::string& answer, Done done) {
  if (const auto status = check_described_by_sdp(); !status.ok()) return done(status);
  auto shared = std::make_shared<Done>(std::move(done));
  peer_->accept(answer, on_loop<Result<rtc::Answer>>([this, shared](const Result<rtc::Answer>& agreed) {
                  if (!agreed.ok()) return (*shared)(agreed.status());
                  take(*agreed);
                  (*shared)(ok());
                }));
}

void RtpElement::send_tones(const rtc::ToneOptions& tones, Done done) {
  auto shared = std::make_shared<Done>(std::move(done));
  peer_->send_tones(tones, on_loop<Status>([shared](const Status& status) { (*shared)(status); }));
}

void RtpElement::local_ports(Reply<v1::GetLocalPortsResponse> reply) {
  auto shared = std::make_shared<Reply<v1::GetLocalPortsResponse>>(std::move(reply));
  peer_->local_ports(on_loop<Result<rtc::RtpLocalPorts>>([shared](const Result<rtc::RtpLocalPorts>& ports) {
    if (!ports.ok()) return (*shared)(ports.status());
    const auto& [audio, video] = ports->lines;
    v1::GetLocalPortsResponse response;
    response.set_address(audio.address.empty() ? video.address : audio.address);
    response.set_audio_port(audio.port);
    response.set_audio_rtcp_port(audio.rtcp_port);
    response.set_video_port(video.port);
    response.set_video_rtcp_port(video.rtcp_port);
    (*shared)(std::move(response));
  }));
}

// A line on hold keeps its formats: whoever encodes for it need not begin anew.
void RtpElement::take(const rtc::Answer& agreed) {
  for (const bool video : {false, true}) {
    auto& source = ports_.sources[video ? 1 : 0];
    auto& sink = ports_.sinks[video ? 1 : 0];
    const auto track = std::ranges::find(agreed.sources, video, &rtc::SourceTrack::is_video);
    source.packets = track == agreed.sources.end() ? nullptr : *track;
    source.offers.clear();
    if (source.packets) source.offers = {format_of(source.packets->codec())};
    const auto line = std::ranges::find_if(
        agreed.lines, [&](const rtc::LineState& it) { return it.accepted && it.video == video; });
    const bool accepted = line != agreed.lines.end();
    sink.accepts = accepted ? graph::Formats{format_of(line->codec)} : formats_of(codecs_, video);
    takers_[video ? 1 : 0]->set_line(accepted ? std::optional(*line) : std::nullopt);
  }
  host().ports_changed();
}

void RtpElement::close(Done done) {
  guard_.reset();
  for (const auto& taker : takers_) taker->end();
  peer_.reset();
  done(ok());
}

}  // namespace kms::rtp
