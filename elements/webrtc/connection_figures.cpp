// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/connection_figures.hpp"

#include <cstdlib>
#include <sstream>

namespace kms::webrtc {
namespace {

// As in a=rtpmap (RFC 7587 section 7: two for Opus, whatever is sent).
uint32_t channels_of(const rtc::StreamStatistics& stream) {
  if (stream.video) return 0;
  return stream.codec == rtc::Codec::kOpus ? 2 : 1;
}

void fill(const rtc::StreamStatistics& stream, v1::CodecDirection direction, v1::CodecStats& out) {
  out.set_mid(stream.mid);
  out.set_direction(direction);
  out.set_payload_type(stream.payload_type);
  out.set_mime_type(mime_type_of(stream));
  out.set_clock_rate(rtc::clock_rate_of(stream.codec));
  out.set_channels(channels_of(stream));
  out.set_sdp_fmtp_line(stream.parameters);
}

void add_report(const rtc::StreamStatistics& stream, v1::GetRtcStatsResponse& response) {
  if (!stream.reported) return;
  auto& out = *response.add_remote_outbound_rtp();
  out.set_mid(stream.mid);
  out.set_rid(stream.rid);
  out.set_kind(kind_of(stream));
  out.set_ssrc(stream.ssrc);
  out.set_packets_sent(stream.reported->packets);
  out.set_bytes_sent(stream.reported->bytes);
  out.set_remote_timestamp(unix_milliseconds(stream.reported->ntp));
  out.set_reports_sent(stream.reported->reports);
}

// Encodings of one m-line have one codec.
void add_codecs(const std::vector<rtc::StreamStatistics>& streams, v1::CodecDirection direction,
                v1::GetRtcStatsResponse& response) {
  for (size_t i = 0; i < streams.size(); ++i) {
    if (i > 0 && streams[i].mid == streams[i - 1].mid) continue;
    fill(streams[i], direction, *response.add_codecs());
  }
}

// "127.0.0.1:40000", "[::1]:40000"
void fill(const std::string& protocol, const std::string& place, v1::IceCandidateStats& out) {
  const auto colon = place.rfind(':');
  const bool v6 = place.starts_with('[');
  out.set_protocol(protocol);
  out.set_address(v6 ? place.substr(1, colon - 2) : place.substr(0, colon));
  out.set_port(static_cast<uint32_t>(std::strtoul(place.c_str() + colon + 1, nullptr, 10)));
}

void add_candidates(const std::string& pair, v1::GetRtcStatsResponse& response) {
  std::istringstream words(pair);
  std::string protocol, local, remote;
  if (!(words >> protocol >> local >> remote)) return;
  fill(protocol, local, *response.mutable_local_candidate());
  response.mutable_local_candidate()->set_candidate_type("host");
  fill(protocol, remote, *response.mutable_remote_candidate());
  response.mutable_remote_candidate()->set_candidate_type("prflx");
}

// As W3C webrtc-stats wants it: the protocol's number (RFC 6347: 254.253) in hexadecimal digits.
const char* tls_version_of(const std::string& name) { return name == "DTLSv1.2" ? "FEFD" : "FEFF"; }

void add_handshake(const rtc::PeerStatistics& statistics, v1::TransportStats& out) {
  out.set_selected_candidate_pair_changes(static_cast<uint32_t>(statistics.pair_changes));
  if (statistics.dtls_version.empty()) return;
  out.set_dtls_role(statistics.dtls_client ? "client" : "server");
  out.set_tls_version(tls_version_of(statistics.dtls_version));
  out.set_dtls_cipher(statistics.dtls_cipher);
}

// "sha-256 AB:CD:..."
void fill(const std::string& fingerprint, v1::CertificateStats& out) {
  const auto space = fingerprint.find(' ');
  out.set_fingerprint_algorithm(fingerprint.substr(0, space));
  out.set_fingerprint(fingerprint.substr(space + 1));
}

}  // namespace

double unix_milliseconds(uint64_t ntp) {
  constexpr double kFractions = 4294967296.0;
  constexpr double kSecondsTo1970 = 2208988800.0;
  return (static_cast<double>(ntp) / kFractions - kSecondsTo1970) * 1000;
}

const char* kind_of(const rtc::StreamStatistics& stream) { return stream.video ? "video" : "audio"; }

std::string mime_type_of(const rtc::StreamStatistics& stream) {
  return std::string(kind_of(stream)) + "/" + std::string(rtc::name_of(stream.codec));
}

void add_connection(v1::GetRtcStatsResponse& response, const rtc::PeerStatistics& statistics) {
  add_handshake(statistics, *response.mutable_transport());
  for (const auto& stream : statistics.inbound) add_report(stream, response);
  add_codecs(statistics.inbound, v1::CODEC_DIRECTION_DECODE, response);
  add_codecs(statistics.outbound, v1::CODEC_DIRECTION_ENCODE, response);
  add_candidates(statistics.selected_pair, response);
  if (statistics.remote_fingerprint.empty()) return;
  fill(statistics.local_fingerprint, *response.mutable_local_certificate());
  fill(statistics.remote_fingerprint, *response.mutable_remote_certificate());
}

}  // namespace kms::webrtc
