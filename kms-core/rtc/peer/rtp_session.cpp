// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/rtp_session.hpp"

#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {
namespace {

// What SDP would have said.
Result<RtpLine> line_of(const RtpStream& stream, bool learns) {
  RtpLine line;
  line.video = !is_audio(stream.codec);
  line.codec = {stream.codec, stream.parameters};
  line.payload_type = line.receive_type = stream.payload_type;
  line.tones = stream.tones;
  line.extension_id = stream.extension_id;
  line.mux = stream.remote_rtcp_port != 0 && stream.remote_rtcp_port == stream.remote_port;
  const bool somewhere = !stream.remote_address.empty() && stream.remote_port != 0;
  line.direction = direction_of(somewhere || learns, true);
  if (!somewhere) return line;
  auto remote = SocketAddress::parse(stream.remote_address, stream.remote_port);
  if (!remote.ok()) return remote.status();
  const auto next = static_cast<uint16_t>(stream.remote_port + 1);
  line.remote = *remote;
  line.remote_rtcp = remote->with_port(stream.remote_rtcp_port != 0 ? stream.remote_rtcp_port : next);
  return line;
}

}  // namespace

RtpSession::RtpSession(Worker& worker, uint64_t id, RtpPeerOptions options)
    : options_(std::move(options)),
      ssrcs_(id),
      lines_{RtpMedia({worker, id, *this, options_, clock_, ssrcs_}, false),
             RtpMedia({worker, id, *this, options_, clock_, ssrcs_}, true)},
      negotiation_(id, options_.policy,
                   [this](bool video, bool mux, const std::optional<SocketAddress>& like) {
                     return line(video).open(mux, like);
                   }) {}

Result<Answer> RtpSession::answer(const std::string& offer) {
  RtpWanted wanted;
  for (size_t i = 0; i < lines_.size(); ++i) wanted[i] = lines_[i].wanted_codec();
  auto agreed = negotiation_.answer(offer, wanted);
  if (!agreed.ok()) return agreed.status();
  return take(std::move(*agreed));
}

Result<Answer> RtpSession::accept(const std::string& answer) {
  auto agreed = negotiation_.accept(answer);
  if (!agreed.ok()) return agreed.status();
  return take(std::move(*agreed));
}

Answer RtpSession::take(RtpAgreement agreed) {
  for (const bool video : {false, true}) {
    const auto& with = agreed.lines[video ? 1 : 0];
    if (with) {
      line(video).use(*with);
    } else {
      line(video).end();
    }
  }
  return outcome(std::move(agreed.sdp), agreed.order);
}

Answer RtpSession::outcome(std::string sdp, const std::vector<std::optional<bool>>& order) const {
  Answer answer;
  answer.sdp = std::move(sdp);
  for (const auto& video : order) {
    answer.lines.push_back(video ? lines_[*video ? 1 : 0].state() : LineState{});
  }
  for (const auto& each : lines_) {
    if (each.source()) answer.sources.push_back(each.source());
  }
  return answer;
}

Status RtpSession::use_stream(RtpMedia& media, const RtpStream& stream) {
  const auto line = line_of(stream, options_.learn_address);
  if (!line.ok()) return line.status();
  const auto local = media.open(line->mux, line->remote, stream.local_port);
  if (!local.ok()) return local.status();
  media.use(*line, stream.ssrc);
  return ok();
}

Result<Answer> RtpSession::use(const std::optional<RtpStream>& audio, const std::optional<RtpStream>& video) {
  std::vector<std::optional<bool>> order;
  for (const auto* stream : {&audio, &video}) {
    if (!*stream) continue;
    const bool is_video = stream == &video;
    order.push_back(is_video);
    if (const auto status = use_stream(line(is_video), **stream); !status.ok()) return status;
  }
  return outcome({}, order);
}

void RtpSession::consume(const PeerConsumers::Wish& wish) {
  line(wish.source->is_video()).consumers().consume(wish);
}

void RtpSession::stop_consuming(ConsumerId id) {
  for (auto& each : lines_) each.consumers().stop(id);
}

TimePoint RtpSession::end_turn(TimePoint now) {
  TimePoint next = TimePoint::max();
  for (auto& each : lines_) next = std::min(next, each.end_turn(now));
  return next;
}

void RtpSession::tick(TimePoint now) {
  for (auto& each : lines_) each.tick(now);
}

}  // namespace kms::rtc
