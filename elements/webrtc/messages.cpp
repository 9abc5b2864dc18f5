// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/messages.hpp"

#include <fmt/format.h>

#include <string>

#include "elements/webrtc/connection_figures.hpp"
#include "elements/webrtc/names.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace kms::webrtc {
namespace {

template <typename Message>
void fill_stream(const rtc::StreamStatistics& stream, Message& out) {
  out.set_mid(stream.mid);
  out.set_kind(kind_of(stream));
  out.set_mime_type(mime_type_of(stream));
  out.set_payload_type(stream.payload_type);
  out.set_ssrc(stream.ssrc);
  out.set_packets_lost(stream.packets_lost);
  out.set_jitter(stream.jitter_s);
  out.set_nack_count(stream.nack_count);
  out.set_pli_count(stream.pli_count);
  out.set_frame_width(stream.picture.width);
  out.set_frame_height(stream.picture.height);
}

void fill_inbound(const rtc::StreamStatistics& stream, v1::InboundRtpStats& out) {
  fill_stream(stream, out);
  out.set_rid(stream.rid);
  out.set_packets_received(stream.packets);
  out.set_bytes_received(stream.bytes);
  out.set_retransmitted_packets_received(stream.retransmitted_packets);
  out.set_fec_packets_received(stream.fec_packets);
  out.set_fec_packets_discarded(stream.fec_packets_discarded);
  if (stream.audio_level) out.set_audio_level(*stream.audio_level);
  out.set_spatial_layers(static_cast<uint32_t>(stream.spatial_layers));
  out.set_temporal_layers(static_cast<uint32_t>(stream.temporal_layers));
  if (stream.video) out.set_wanted(stream.wanted);
  if (stream.last_ntp != 0) out.set_last_packet_received_timestamp(unix_milliseconds(stream.last_ntp));
}

void fill_outbound(const rtc::StreamStatistics& stream, v1::OutboundRtpStats& out) {
  fill_stream(stream, out);
  out.set_packets_sent(stream.packets);
  out.set_bytes_sent(stream.bytes);
  out.set_retransmitted_packets_sent(stream.retransmitted_packets);
  out.set_fir_count(stream.fir_count);
  out.set_fraction_lost(stream.fraction_lost);
  out.set_round_trip_time(stream.round_trip_time_s);
  out.set_total_round_trip_time(stream.round_trips_s);
  out.set_round_trip_time_measurements(stream.round_trips);
  out.set_total_packet_send_delay(stream.send_delay_s);
  out.set_rid(stream.rid);
  if (stream.spatial_layer) out.set_spatial_layer(static_cast<uint32_t>(*stream.spatial_layer));
  if (stream.temporal_layer) out.set_temporal_layer(static_cast<uint32_t>(*stream.temporal_layer));
}

Result<rtc::WantedLine> to_line(const v1::OfferedLine& line) {
  using Line = v1::OfferedLine;
  if (line.kind() == Line::KIND_DATA) return rtc::WantedLine{.data = true};
  if (line.kind() != Line::KIND_AUDIO && line.kind() != Line::KIND_VIDEO)
    return graph::invalid_option("lines",
                                 "each line says its kind, also one that is named by its mid: KIND_AUDIO, "
                                 "KIND_VIDEO or KIND_DATA");
  if (!v1::MediaDirection_IsValid(line.direction()))
    return graph::invalid_option("lines",
                                 fmt::format("{} is no direction", static_cast<int>(line.direction())));
  const auto direction =
      line.direction() == v1::MEDIA_DIRECTION_UNSPECIFIED ? v1::MEDIA_DIRECTION_SENDRECV : line.direction();
  const bool both = direction == v1::MEDIA_DIRECTION_SENDRECV;
  return rtc::WantedLine{.video = line.kind() == Line::KIND_VIDEO,
                         .send = both || direction == v1::MEDIA_DIRECTION_SENDONLY,
                         .receive = both || direction == v1::MEDIA_DIRECTION_RECVONLY,
                         .stopped = direction == v1::MEDIA_DIRECTION_STOPPED,
                         .mid = line.mid()};
}

v1::OfferedLine::Kind offered_kind(rtc::MediaKind kind) {
  if (kind == rtc::MediaKind::kApplication) return v1::OfferedLine::KIND_DATA;
  return kind == rtc::MediaKind::kVideo ? v1::OfferedLine::KIND_VIDEO : v1::OfferedLine::KIND_AUDIO;
}

v1::MediaDirection offered_direction(rtc::Direction direction) {
  if (rtc::sends(direction) && rtc::receives(direction)) return v1::MEDIA_DIRECTION_SENDRECV;
  if (rtc::sends(direction)) return v1::MEDIA_DIRECTION_SENDONLY;
  return rtc::receives(direction) ? v1::MEDIA_DIRECTION_RECVONLY : v1::MEDIA_DIRECTION_INACTIVE;
}

}  // namespace

v1::GenerateOfferResponse to_offer(std::string sdp) {
  v1::GenerateOfferResponse out;
  const auto description = rtc::parse_sdp(sdp);
  out.set_offer(std::move(sdp));
  if (!description.ok()) return out;
  for (const auto& media : description->media) {
    if (!media.is_active()) continue;
    auto& line = *out.add_lines();
    line.set_kind(offered_kind(media.kind));
    line.set_mid(media.mid);
    if (media.kind != rtc::MediaKind::kApplication) line.set_direction(offered_direction(media.direction));
  }
  return out;
}

Result<std::vector<rtc::WantedLine>> wanted_lines(const v1::GenerateOfferRequest& request) {
  std::vector<rtc::WantedLine> lines;
  for (const auto& each : request.lines()) {
    auto line = to_line(each);
    if (!line.ok()) return line.status();
    lines.push_back(*std::move(line));
  }
  return lines;
}

v1::IceTransportState to_proto(rtc::IceTransportState state) {
  using State = rtc::IceTransportState;
  switch (state) {
    case State::kNew:
      return v1::ICE_TRANSPORT_STATE_NEW;
    case State::kChecking:
      return v1::ICE_TRANSPORT_STATE_CHECKING;
    case State::kConnected:
      return v1::ICE_TRANSPORT_STATE_CONNECTED;
    case State::kDisconnected:
      return v1::ICE_TRANSPORT_STATE_DISCONNECTED;
    case State::kFailed:
      return v1::ICE_TRANSPORT_STATE_FAILED;
    case State::kClosed:
      return v1::ICE_TRANSPORT_STATE_CLOSED;
  }
  return v1::ICE_TRANSPORT_STATE_UNSPECIFIED;
}

v1::DtlsTransportState to_proto(rtc::DtlsTransportState state) {
  using State = rtc::DtlsTransportState;
  switch (state) {
    case State::kNew:
      return v1::DTLS_TRANSPORT_STATE_NEW;
    case State::kConnecting:
      return v1::DTLS_TRANSPORT_STATE_CONNECTING;
    case State::kConnected:
      return v1::DTLS_TRANSPORT_STATE_CONNECTED;
    case State::kClosed:
      return v1::DTLS_TRANSPORT_STATE_CLOSED;
    case State::kFailed:
      return v1::DTLS_TRANSPORT_STATE_FAILED;
  }
  return v1::DTLS_TRANSPORT_STATE_UNSPECIFIED;
}

v1::ConnectionState to_proto(rtc::PeerState state) {
  switch (state) {
    case rtc::PeerState::kNew:
      return v1::CONNECTION_STATE_NEW;
    case rtc::PeerState::kConnected:
      return v1::CONNECTION_STATE_CONNECTED;
    case rtc::PeerState::kDisconnected:
      return v1::CONNECTION_STATE_DISCONNECTED;
    case rtc::PeerState::kFailed:
      return v1::CONNECTION_STATE_FAILED;
    case rtc::PeerState::kClosed:
      return v1::CONNECTION_STATE_CLOSED;
  }
  return v1::CONNECTION_STATE_UNSPECIFIED;
}

v1::GetRtcStatsResponse to_proto(const rtc::PeerStatistics& statistics) {
  v1::GetRtcStatsResponse out;
  for (const auto& stream : statistics.inbound) fill_inbound(stream, *out.add_inbound_rtp());
  for (const auto& stream : statistics.outbound) fill_outbound(stream, *out.add_outbound_rtp());
  auto& transport = *out.mutable_transport();
  transport.set_bytes_received(statistics.bytes_received);
  transport.set_bytes_sent(statistics.bytes_sent);
  transport.set_packets_received(statistics.packets_received);
  transport.set_packets_sent(statistics.packets_sent);
  transport.set_ice_state(to_proto(statistics.ice_state));
  transport.set_dtls_state(to_proto(statistics.dtls_state));
  transport.set_srtp_cipher(statistics.srtp_cipher);
  transport.set_selected_candidate_pair(statistics.selected_pair);
  transport.set_requests_received(statistics.requests_received);
  if (statistics.available_outgoing_bps) {
    transport.set_available_outgoing_bitrate(*statistics.available_outgoing_bps);
  }
  add_connection(out, statistics);
  out.set_timestamp(unix_milliseconds(statistics.ntp));
  return out;
}

v1::EncodingsWanted to_proto(const rtc::EncodingsWanted& track, const std::string& port) {
  v1::EncodingsWanted out;
  out.set_port(port);
  out.set_mid(track.mid);
  for (const auto& each : track.encodings) {
    auto& encoding = *out.add_encodings();
    encoding.set_rid(each.rid);
    encoding.set_wanted(each.wanted);
  }
  return out;
}

rtc::LayerWish to_wish(const v1::SetPreferredLayersRequest& request) {
  rtc::LayerWish wish;
  if (request.has_preferred_layer()) wish.preferred = request.preferred_layer();
  if (request.has_maximum_layer()) wish.most = request.maximum_layer();
  if (request.has_maximum_temporal_layer()) wish.most_temporal = request.maximum_temporal_layer();
  wish.priority = request.priority();
  wish.paused = request.paused();
  return wish;
}

}  // namespace kms::webrtc
