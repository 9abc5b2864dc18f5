// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/line_writer.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr uint16_t kDiscardPort = 9;  // the real ones are in the candidates (RFC 8839 section 4.2)

std::vector<std::string> feedback_of(const NegotiatedLine& line) {
  std::vector<std::string> feedback;
  if (line.remb) feedback.emplace_back("goog-remb");
  if (line.transport_cc) feedback.emplace_back("transport-cc");
  if (line.fir) feedback.emplace_back("ccm fir");
  if (line.nack) feedback.emplace_back("nack");
  if (line.pli) feedback.emplace_back("nack pli");
  return feedback;
}

PayloadFormat rtx_for(const NegotiatedLine& line) {
  PayloadFormat rtx;
  rtx.type = line.rtx_payload_type;
  rtx.encoding = "rtx";
  rtx.clock_rate = clock_rate_of(line.codec.codec);
  rtx.parameters = "apt=" + std::to_string(line.payload_type);
  return rtx;
}

PayloadFormat red_for(const NegotiatedLine& line, const PayloadFormat& repeated) {
  const auto type = std::to_string(line.payload_type);
  PayloadFormat red;
  red.type = line.red_payload_type;
  red.encoding = "red";
  red.clock_rate = repeated.clock_rate;
  red.channels = repeated.channels;
  red.parameters = type + '/' + type;
  return red;
}

void write_payloads(const NegotiatedLine& line, MediaDescription& media) {
  PayloadFormat payload;
  payload.type = line.payload_type;
  payload.encoding = name_of(line.codec.codec);
  payload.clock_rate = clock_rate_of(line.codec.codec);
  payload.channels = line.codec.codec == Codec::kOpus ? 2 : 1;
  payload.parameters = line.codec.parameters;
  payload.feedback = feedback_of(line);
  const auto red = red_for(line, payload);
  media.payloads.push_back(std::move(payload));
  if (line.red_payload_type != 0)
    media.payloads.insert(line.prefers_red ? media.payloads.begin() : media.payloads.end(), red);
  if (line.rtx_payload_type != 0) media.payloads.push_back(rtx_for(line));
  for (const auto& one : media.payloads) media.formats.push_back(std::to_string(one.type));
}

void write_extensions(const NegotiatedLine& line, MediaDescription& media) {
  for (size_t i = 0; i < kExtensionKinds; ++i) {
    const auto kind = static_cast<ExtensionKind>(i);
    const auto id = line.extensions.id_of(kind);
    if (id != 0) media.extensions.push_back({id, std::string(uri_of(kind))});
  }
  std::ranges::sort(media.extensions, {}, &ExtensionEntry::id);
}

}  // namespace

MediaDescription rejected_line(const MediaDescription& offered) {
  MediaDescription media;
  media.kind = offered.kind;
  media.kind_name = offered.kind_name;
  media.protocol = offered.protocol;
  media.formats.push_back(offered.formats.front());
  media.mid = offered.mid;
  media.direction = Direction::kInactive;
  return media;
}

MediaDescription accepted_line(const MediaDescription& offered, const NegotiatedLine& line,
                               const LocalSide& local) {
  MediaDescription media;
  media.kind = offered.kind;
  media.kind_name = offered.kind_name;
  media.protocol = offered.protocol;
  media.port = kDiscardPort;
  media.mid = line.mid;
  media.direction = line.direction;
  media.rtcp_mux = true;
  media.rtcp_reduced_size = line.reduced_size;
  write_transport(local, media);
  write_payloads(line, media);
  write_extensions(line, media);
  for (const auto& rid : line.rids) media.rids.push_back({rid, false, {}});
  media.simulcast_receive = line.rids;
  return media;
}

void write_transport(const LocalSide& local, MediaDescription& media) {
  media.transport.ufrag = local.ufrag;
  media.transport.password = local.password;
  media.transport.fingerprint = local.fingerprint;
  media.candidates = local.candidates;
  media.end_of_candidates = true;
}

void limit_video(uint64_t max_bps, SessionDescription& session) {
  if (max_bps == 0) return;
  const auto is_limited = [](const MediaDescription& media) {
    return media.kind == MediaKind::kVideo && media.is_active() && receives(media.direction);
  };
  const auto lines = static_cast<uint64_t>(std::ranges::count_if(session.media, is_limited));
  for (auto& media : session.media) {
    if (is_limited(media)) media.bandwidths.push_back({"TIAS", max_bps / lines});
  }
}

void write_track(const SentTrack& track, const NegotiatedLine& line, MediaDescription& media) {
  media.stream_id = track.stream_id;
  media.track_id = track.track_id;
  if (track.ssrc == 0) return;
  media.ssrcs.push_back({track.ssrc, track.cname});
  if (track.rtx_ssrc == 0 || line.rtx_payload_type == 0) return;
  media.ssrcs.push_back({track.rtx_ssrc, track.cname});
  media.ssrc_groups.push_back({"FID", {track.ssrc, track.rtx_ssrc}});
}

}  // namespace kms::rtc
