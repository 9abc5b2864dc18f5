// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/webrtc_element.hpp"

#include <algorithm>

#include "elements/webrtc/data_messages.hpp"
#include "elements/webrtc/messages.hpp"
#include "elements/webrtc/names.hpp"

namespace kms::webrtc {
namespace {

Status peer_closed() {
  return error(StatusCode::kFailedPrecondition, "PEER_CLOSED",
               "the connection was closed or lost; a new one needs a new element");
}

// The peer may have ended between two looks; that is no fault of the request.
Status of_command(const Status& status) {
  return reason_of(status) == "PEER_CLOSED" ? peer_closed() : status;
}

std::vector<rtc::WantedLine> one_of_each() {
  return {{.video = false, .mid = {}}, {.video = true, .mid = {}}};
}

}  // namespace

WebRtcElement::WebRtcElement(graph::ElementHost& element_host, Settings settings)
    : Element(element_host),
      settings_(std::move(settings)),
      channels_(element_host),
      watch_(element_host, [this](Reply<v1::GetRtcStatsResponse> reply) { statistics(std::move(reply)); }) {
  rtc::PeerOptions options;
  options.events = peer_events();
  options.on_data_channel = channels_.on_data_channel();
  options.codecs = settings_.codecs;
  options.max_receive_bps = settings_.max_receive_bps;
  options.loudest = host().loudest();
  peer_ = host().rtc().create_peer(std::move(options));
  lines_.emplace(
      ports_, *peer_,
      LinePorts::Settings{settings_.codecs.empty() ? all_codecs() : settings_.codecs, settings_.patience},
      channels_.ports(*peer_));
}

template <typename... Given, typename Handler>
std::function<void(Given...)> WebRtcElement::on_loop(Handler handler) {
  auto guarded = guard_.wrap(std::move(handler));
  return [loop = &host().loop(), guarded](Given... given) {
    loop->post([guarded, ... given = std::move(given)]() mutable { guarded(std::move(given)...); });
  };
}

// What the peer gave may come after its end, when nothing is left to apply it to.
template <typename Given>
Status WebRtcElement::of_given(const Result<Given>& given) const {
  if (!given.ok()) return of_command(given.status());
  return check_open();
}

template <typename Given, typename Answer, typename Work>
std::function<void(Result<Given>)> WebRtcElement::answering(Reply<Answer> reply, Work work) {
  auto shared = std::make_shared<Reply<Answer>>(std::move(reply));  // std::function copies, a Reply does not
  return on_loop<Result<Given>>([this, shared, work = std::move(work)](Result<Given> given) mutable {
    if (const auto status = of_given(given); !status.ok()) return (*shared)(status);
    (*shared)(work(*std::move(given)));
  });
}

rtc::PeerEvents WebRtcElement::peer_events() {
  rtc::PeerEvents events;
  events.on_state = on_loop<rtc::PeerState, std::string>(
      [this](rtc::PeerState state, const std::string& reason) { state_changed(state, reason); });
  events.on_ice_state =
      on_loop<rtc::IceTransportState>([this](rtc::IceTransportState state) { ice_changed(state); });
  events.on_dtls_state = on_loop<rtc::DtlsTransportState>([this](rtc::DtlsTransportState state) {
    v1::DtlsStateChanged event;
    event.set_state(to_proto(state));
    host().emit(event);
  });
  events.on_selected_pair = on_loop<std::string>([this](const std::string& pair) {
    v1::CandidatePairSelected event;
    event.set_pair(pair);
    host().emit(event);
  });
  events.on_goodbye = on_loop<>([this] { host().packets_ended(); });
  events.on_voice = on_loop<>([this] { host().voice_began(); });
  events.on_encodings_wanted = on_loop<rtc::EncodingsWanted>([this](const rtc::EncodingsWanted& track) {
    const auto port = lines_->source_port(track.mid);
    if (port) host().emit(to_proto(track, *port));
  });
  return events;
}

Status WebRtcElement::check_open() const { return peer_ ? ok() : peer_closed(); }

std::string WebRtcElement::described(std::string sdp) {
  described_ = true;
  if (auto line = first_in_use(sdp)) transport_line_ = *std::move(line);
  return settings_.trickle ? for_trickle(sdp) : sdp;
}

void WebRtcElement::process_offer(const std::string& offer, Reply<v1::ProcessOfferResponse> reply) {
  if (const auto status = check_open(); !status.ok()) return reply(status);
  auto shared = std::make_shared<Reply<v1::ProcessOfferResponse>>(std::move(reply));
  peer_->answer(offer, on_loop<Result<rtc::Answer>>([this, shared](Result<rtc::Answer> answer) {
                  if (const auto status = of_given(answer); !status.ok()) return (*shared)(status);
                  enter(v1::SIGNALING_STATE_HAVE_REMOTE_OFFER);
                  take(*answer);
                  v1::ProcessOfferResponse response;
                  response.set_answer(described(std::move(answer->sdp)));
                  enter(v1::SIGNALING_STATE_STABLE);
                  (*shared)(std::move(response));
                }));
}

void WebRtcElement::answer(const std::string& offer, Reply<std::string> reply) {
  process_offer(offer, [reply = std::move(reply)](Result<v1::ProcessOfferResponse> answer) mutable {
    if (!answer.ok()) return reply(answer.status());
    reply(std::move(*answer->mutable_answer()));
  });
}

void WebRtcElement::update_ice(const rtc::IceCredentials& theirs,
                               Reply<std::optional<rtc::IceCredentials>> reply) {
  using Ours = std::optional<rtc::IceCredentials>;
  if (const auto status = check_open(); !status.ok()) return reply(status);
  peer_->update_ice(theirs, answering<Ours>(std::move(reply), [](const Ours& ours) { return ours; }));
}

std::vector<std::string> WebRtcElement::candidates() const {
  return peer_ ? peer_->candidates() : std::vector<std::string>();
}

void WebRtcElement::generate_offer(const v1::GenerateOfferRequest& request,
                                   Reply<v1::GenerateOfferResponse> reply) {
  if (const auto status = check_open(); !status.ok()) return reply(status);
  auto lines = wanted_lines(request);
  if (!lines.ok()) return reply(lines.status());
  if (lines->empty() && !negotiated_) *lines = one_of_each();
  if (!channels_.is_empty()) lines->push_back({.data = true});
  peer_->offer({*std::move(lines), request.restart_ice()},
               answering<std::string>(std::move(reply), [this](std::string sdp) {
                 enter(v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
                 return to_offer(described(std::move(sdp)));
               }));
}

void WebRtcElement::withdraw_offer(Done done) {
  if (const auto status = check_open(); !status.ok()) return done(status);
  auto shared = std::make_shared<Done>(std::move(done));
  peer_->withdraw_offer(on_loop<Status>([this, shared](const Status& status) {
    if (status.ok() && peer_) {
      transport_line_ = agreed_line_;
      enter(v1::SIGNALING_STATE_STABLE);
    }
    (*shared)(of_command(status));
  }));
}

void WebRtcElement::process_answer(const std::string& answer, Done done) {
  if (const auto status = check_open(); !status.ok()) return done(status);
  auto shared = std::make_shared<Done>(std::move(done));
  peer_->accept(answer, on_loop<Result<rtc::Answer>>([this, shared](const Result<rtc::Answer>& negotiated) {
                  if (const auto status = of_given(negotiated); !status.ok()) return (*shared)(status);
                  take(*negotiated);
                  enter(v1::SIGNALING_STATE_STABLE);
                  (*shared)(ok());
                }));
}

void WebRtcElement::add_candidate(const std::string& candidate, Done done) {
  if (const auto status = check_open(); !status.ok()) return done(status);
  auto shared = std::make_shared<Done>(std::move(done));
  peer_->add_candidate(candidate,
                       on_loop<Status>([shared](const Status& status) { (*shared)(of_command(status)); }));
}

Status WebRtcElement::gather_candidates() {
  if (const auto status = check_open(); !status.ok()) return status;
  if (!described_) {
    return error(StatusCode::kFailedPrecondition, "NOT_NEGOTIATED",
                 "candidates belong to a description: ProcessOffer or GenerateOffer before");
  }
  for (const auto& candidate : peer_->candidates()) {
    v1::IceCandidateFound event;
    event.set_candidate(candidate);
    event.set_sdp_mid(transport_line_.mid);
    event.set_sdp_m_line_index(transport_line_.index);
    host().emit(event);
  }
  host().emit(v1::IceGatheringDone());
  return ok();
}

Status WebRtcElement::set_layers(const v1::SetPreferredLayersRequest& request) {
  if (const auto status = check_open(); !status.ok()) return status;
  return lines_->set_layers(request.port().empty() ? "video" : request.port(), to_wish(request));
}

void WebRtcElement::statistics(Reply<v1::GetRtcStatsResponse> reply) {
  if (const auto status = check_open(); !status.ok()) return reply(status);
  auto shared = std::make_shared<Reply<v1::GetRtcStatsResponse>>(std::move(reply));
  peer_->statistics(
      on_loop<Result<rtc::PeerStatistics>>([this, shared](const Result<rtc::PeerStatistics>& figures) {
        if (const auto status = of_given(figures); !status.ok()) return (*shared)(status);
        add_data_statistics(to_proto(*figures), std::move(*shared));
      }));
}

Result<std::shared_ptr<StatsFeed>> WebRtcElement::watch_statistics(const v1::WatchRtcStatsRequest& request) {
  if (const auto status = check_open(); !status.ok()) return status;
  return watch_.add(request);
}

// These are another thread's.
void WebRtcElement::add_data_statistics(v1::GetRtcStatsResponse response,
                                        Reply<v1::GetRtcStatsResponse> reply) {
  peer_->data_statistics(answering<rtc::SctpStatistics>(
      std::move(reply), [this, response = std::move(response)](const rtc::SctpStatistics& figures) mutable {
        add_to(response, figures);
        *response.mutable_peer_connection() = channels_.counts();
        return std::move(response);
      }));
}

void WebRtcElement::create_channel(const v1::CreateDataChannelRequest& request,
                                   Reply<v1::CreateDataChannelResponse> reply) {
  if (const auto status = check_open(); !status.ok()) return reply(status);
  auto options = channel_options(request);
  if (!options.ok()) return reply(options.status());
  peer_->open_data_channel(
      *std::move(options), channels_.events(),
      answering<rtc::DataChannelRef>(std::move(reply), [this](const rtc::DataChannelRef& channel) {
        return channels_.created(channel);
      }));
}

Result<v1::ListDataChannelsResponse> WebRtcElement::list_channels() const {
  if (const auto status = check_open(); !status.ok()) return status;
  return channels_.list();
}

Result<v1::SendDataResponse> WebRtcElement::send_data(const v1::SendDataRequest& request) {
  if (const auto status = check_open(); !status.ok()) return status;
  return channels_.send(request);
}

void WebRtcElement::send_when_room(const v1::SendDataRequest& request, PeerChannels::IsGone is_gone,
                                   Done done) {
  if (const auto status = check_open(); !status.ok()) return done(status);
  channels_.send_when_room(request, std::move(is_gone), std::move(done));
}

Status WebRtcElement::close_channel(rtc::ChannelNumber number) const {
  if (const auto status = check_open(); !status.ok()) return status;
  return channels_.close(number);
}

Result<std::shared_ptr<DataFeed>> WebRtcElement::receive_data() {
  if (const auto status = check_open(); !status.ok()) return status;
  return channels_.receive();
}

void WebRtcElement::take(const rtc::Answer& negotiated) {
  negotiated_ = true;
  // The peer may have rejected the line that our offer has first.
  const auto& lines = negotiated.lines;
  const auto first = std::ranges::find_if(lines, &rtc::LineState::accepted);
  if (first != lines.end()) transport_line_ = {first->mid, static_cast<uint32_t>(first - lines.begin())};
  agreed_line_ = transport_line_;
  lines_->update(negotiated);
  host().ports_changed();
}

void WebRtcElement::ice_changed(rtc::IceTransportState state) {
  v1::IceStateChanged event;
  event.set_state(to_proto(state));
  host().emit(event);
  const bool begins =
      state == rtc::IceTransportState::kChecking || state == rtc::IceTransportState::kConnected;
  if (begins && connection_ == v1::CONNECTION_STATE_NEW) enter(v1::CONNECTION_STATE_CONNECTING);
}

void WebRtcElement::state_changed(rtc::PeerState state, const std::string& reason) {
  if (!peer_) return;
  enter(to_proto(state), reason);
  tell(state, reason);
  if (state == rtc::PeerState::kFailed || state == rtc::PeerState::kClosed) end();
}

// Who watches is told the end once.
void WebRtcElement::tell(rtc::PeerState state, const std::string& reason) {
  const bool last = state == rtc::PeerState::kFailed || state == rtc::PeerState::kClosed;
  const auto watcher = last ? std::exchange(watcher_, nullptr) : watcher_;
  if (watcher) watcher(state, reason);
}

Status WebRtcElement::say_goodbye() {
  if (const auto status = check_open(); !status.ok()) return status;
  enter(v1::CONNECTION_STATE_CLOSED);
  tell(rtc::PeerState::kClosed);
  end();
  return ok();
}

// Nothing comes any more and nothing goes; the element stays, and so do its first ports.
void WebRtcElement::end() {
  enter(v1::SIGNALING_STATE_CLOSED);
  lines_->end();
  channels_.end();
  watch_.end();
  peer_.reset();
  host().ports_changed();
  host().end_of_stream();
}

void WebRtcElement::enter(v1::SignalingState state) {
  if (std::exchange(signaling_, state) == state) return;
  v1::SignalingStateChanged event;
  event.set_state(state);
  host().emit(event);
}

void WebRtcElement::enter(v1::ConnectionState state, const std::string& reason) {
  if (std::exchange(connection_, state) == state) return;
  v1::ConnectionStateChanged event;
  event.set_state(state);
  event.set_reason(reason);
  host().emit(event);
}

void WebRtcElement::close(Done done) {
  guard_.reset();
  lines_->end();
  channels_.end();
  watch_.end();
  peer_.reset();
  tell(rtc::PeerState::kClosed);
  done(ok());
}

}  // namespace kms::webrtc
