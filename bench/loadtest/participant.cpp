// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/participant.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/loadtest/viewer.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"

namespace kms::rtc::loadtest {
namespace {

constexpr Duration kGoodbyePatience = std::chrono::seconds(3);
constexpr int kMostRedirections = 5;

// The stable word that kms begins the body of a refusal with, if there is one.
std::string reason_in(std::string_view body) {
  const auto word = body.substr(0, body.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"));
  return word.size() > 3 && word.size() < 64 ? ' ' + std::string(word) : "";
}

std::string room_name(const Settings& settings, uint32_t room) {
  return settings.room_prefix + std::to_string(room + 1);
}

}  // namespace

Participant::Participant(Workplace& place, const ParticipantPlan& plan, Report report)
    : place_(place), plan_(plan), report_(std::move(report)), ssrcs_(PublisherSsrcs::make(place.random)) {}

const HttpTarget& Participant::target() const {
  return publishes() ? *place_.settings.whip : *place_.settings.whep;
}

SessionDescription Participant::make_offer() {
  OfferOptions options;
  options.publishes = publishes();
  options.ice = ice_;
  options.fingerprint = place_.dtls.fingerprint();
  options.local = connection_->local();
  options.audio = place_.settings.audio;
  options.video = place_.settings.video;
  options.transport_cc = place_.settings.transport_cc;
  options.audio_ssrc = ssrcs_.audio;
  options.video_ssrc = ssrcs_.video;
  options.rtx_ssrc = ssrcs_.rtx;
  for (const auto& layer : place_.settings.layers) {
    if (publishes() && !layer.rid.empty()) options.rids.push_back(layer.rid);
  }
  return make_session_offer(options);
}

void Participant::join(TimePoint now) {
  begun_ = now;
  patience_ends_ = now + place_.settings.patience;
  auto connection = Connection::open(place_, *this);
  if (!connection.ok()) return give_up(reason_of(connection.status()));
  connection_ = std::move(*connection);
  offer_ = make_offer();
  stage_ = Stage::kPosting;
  posting_ = true;
  posted_to_ = target().for_room(room_name(place_.settings, plan_.room));
  request("POST", posted_to_, write_sdp(offer_));
  update_deadline();
}

// The token is for the server that was named alone.
void Participant::request(const std::string& method, const HttpTarget& to, const std::string& body) {
  const auto token = to.host == target().host ? place_.settings.token : std::string();
  exchange_ = std::make_unique<HttpExchange>(
      place_.loop, HttpRequest{method, to, token, body},
      [this](Result<HttpReply> reply) { on_answer(std::move(reply), Clock::now()); });
}

void Participant::on_answer(Result<HttpReply> reply, TimePoint now) {
  if (stage_ == Stage::kLeaving) return on_late_answer(reply);
  if (stage_ != Stage::kPosting || (reply.ok() && follow(*reply))) return;
  posting_ = false;
  if (!reply.ok()) return give_up(reason_of(reply.status()));
  const auto status = take_answer(*reply, now);
  if (!status.ok()) give_up(reason_of(status) + (reply->status >= 300 ? reason_in(reply->body) : ""));
  update_deadline();
}

// RFC 9725 section 4.5: a server that spreads its load leads elsewhere by 307.
bool Participant::follow(const HttpReply& reply) {
  if ((reply.status != 307 && reply.status != 308) || redirections_ == kMostRedirections) return false;
  auto next = posted_to_.redirected_to(reply.location);
  if (!next.ok()) return false;
  ++redirections_;
  posted_to_ = *std::move(next);
  request("POST", posted_to_, write_sdp(offer_));
  return true;
}

// Of the DELETE, whatever it says; or of a POST that was left alone, and what the server has made of it is
// given back.
void Participant::on_late_answer(const Result<HttpReply>& reply) {
  if (!posting_) return become_gone();
  posting_ = false;
  if (reply.ok() && reply->status / 100 == 2) resource_ = reply->location;
  say_goodbye();
}

Status Participant::take_answer(const HttpReply& reply, TimePoint now) {
  if (reply.status < 200 || reply.status > 299)
    return error(StatusCode::kUnavailable, fmt::format("HTTP_{}", reply.status), "the server refuses");
  resource_ = reply.location;
  const auto agreement = read_agreement(offer_, reply.body, place_.settings.bind.is_v6());
  if (!agreement.ok()) return agreement.status();
  answered_ = now;
  stage_ = Stage::kConnecting;
  if (publishes()) {
    media_ =
        std::make_unique<Publisher>(place_, *connection_, *agreement, Publisher::Options{plan_.room, ssrcs_});
  } else {
    media_ = std::make_unique<Viewer>(place_, *connection_, *agreement, plan_.room);
  }
  auto& times = publishes() ? place_.tally.publisher_setup : place_.tally.viewer_setup;
  times.post.add(now - begun_);
  return connection_->start(*agreement, ice_, now);
}

void Participant::on_nominated(TimePoint now) {
  nominated_ = now;
  auto& times = publishes() ? place_.tally.publisher_setup : place_.tally.viewer_setup;
  times.ice.add(now - answered_);
}

void Participant::on_connected(TimePoint now) {
  if (stage_ != Stage::kConnecting) return;  // it has begun to leave
  connected_ = now;
  stage_ = Stage::kUp;
  patience_ends_ = TimePoint::max();
  auto& times = publishes() ? place_.tally.publisher_setup : place_.tally.viewer_setup;
  times.dtls.add(now - nominated_);
  if (publishes()) times.total.add(now - begun_);
  media_->start(now);
  update_deadline();
  tell(ParticipantEvent::Kind::kUp);
}

void Participant::on_failed(const Status& why) {
  if (stage_ == Stage::kConnecting) return give_up(reason_of(why));
  if (stage_ != Stage::kUp) return;
  tell(ParticipantEvent::Kind::kLost, reason_of(why));
  become_gone();
}

void Participant::give_up(const std::string& reason) {
  tell(ParticipantEvent::Kind::kFailed, reason);
  posting_ = false;
  leave(Clock::now());
}

void Participant::leave(TimePoint now) {
  if (stage_ == Stage::kLeaving || stage_ == Stage::kGone) return;
  stage_ = Stage::kLeaving;
  patience_ends_ = now + kGoodbyePatience;
  if (connection_) connection_->close();
  if (!posting_) say_goodbye();
  update_deadline();
}

void Participant::say_goodbye() {
  if (resource_.empty()) return become_gone();
  request("DELETE", posted_to_.at(resource_), {});
}

void Participant::on_time(TimePoint now) {
  if (now >= patience_ends_) {
    if (stage_ == Stage::kLeaving) return become_gone();
    if (stage_ == Stage::kPosting) give_up("HTTP_TIMEOUT");
    if (stage_ == Stage::kConnecting) give_up("CONNECT_TIMEOUT");
  }
  if (is_running()) connection_->on_time(now);
  if (stage_ == Stage::kUp) media_->on_time(now);
  if (stage_ == Stage::kUp && !publishes()) take_media_times();
  update_deadline();
}

// Looked for at each turn, so that what comes first need not be told by each packet.
void Participant::take_media_times() {
  auto& times = place_.tally.viewer_setup;
  if (!packet_noted_ && media_->first_packet() != TimePoint{}) {
    packet_noted_ = true;
    times.first_packet.add(media_->first_packet() - connected_);
  }
  if (!key_frame_noted_ && media_->first_key_frame() != TimePoint{}) {
    key_frame_noted_ = true;
    times.first_key_frame.add(media_->first_key_frame() - connected_);
    times.total.add(media_->first_key_frame() - begun_);
  }
}

void Participant::tell(ParticipantEvent::Kind kind, const std::string& reason) {
  report_({plan_.id, kind, reason});
}

void Participant::become_gone() {
  stage_ = Stage::kGone;
  deadline_ = TimePoint::max();
  tell(ParticipantEvent::Kind::kGone);
}

void Participant::update_deadline() {
  deadline_ = patience_ends_;
  if (is_running()) deadline_ = std::min(deadline_, connection_->deadline());
  if (stage_ == Stage::kUp) deadline_ = std::min(deadline_, media_->deadline());
  if (stage_ == Stage::kGone) deadline_ = TimePoint::max();
}

void Participant::add_to(Tally& tally) const {
  if (media_) media_->add_to(tally);
  if (stage_ == Stage::kUp && !publishes() && !key_frame_noted_) ++tally.viewers_without_media;
}

}  // namespace kms::rtc::loadtest
