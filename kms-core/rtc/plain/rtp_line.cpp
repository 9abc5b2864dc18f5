// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/rtp_line.hpp"

#include <algorithm>

#include "kms-core/rtc/rtp/extension_id_map.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

bool has(const PayloadFormat& payload, std::string_view feedback) {
  return std::ranges::find(payload.feedback, feedback) != payload.feedback.end();
}

bool wants_no_rtcp(const MediaDescription& media) {
  const auto is_zero = [&](std::string_view type) {
    const auto found = std::ranges::find(media.bandwidths, type, &BandwidthEntry::type);
    return found != media.bandwidths.end() && found->value == 0;
  };
  return is_zero("RS") && is_zero("RR");
}

// The old way to hold a call: nothing is to come here (RFC 3264 section 8.4).
bool is_nowhere(std::string_view address) {
  return address.empty() || address == "0.0.0.0" || address == "::";
}

// A port without RTCP's next one is legal only with a=rtcp, but it must not wrap.
uint16_t next_port(uint16_t port) { return static_cast<uint16_t>(port == 65'535 ? port : port + 1); }

Result<SocketAddress> parse_address(const MediaDescription& media, const std::string& ip, uint16_t port) {
  auto address = SocketAddress::parse(ip, port);
  if (address.ok()) return address;
  return sdp_error(media.line, "SDP_ADDRESS", quoted(ip) + " is no IP address; names are not resolved");
}

Status read_remote(const MediaDescription& theirs, RtpLine& line) {
  if (is_nowhere(theirs.address)) return ok();
  auto remote = parse_address(theirs, theirs.address, theirs.port);
  if (!remote.ok()) return remote.status();
  line.remote = *remote;
  const auto port = theirs.rtcp_port != 0 ? theirs.rtcp_port : next_port(theirs.port);
  if (theirs.rtcp_mux || is_nowhere(theirs.rtcp_address)) {
    line.remote_rtcp = theirs.rtcp_mux ? *remote : remote->with_port(port);
    return ok();
  }
  auto rtcp = parse_address(theirs, theirs.rtcp_address, port);
  if (!rtcp.ok()) return rtcp.status();
  line.remote_rtcp = *rtcp;
  return ok();
}

}  // namespace

Result<RtpLine> read_rtp_line(const MediaDescription& theirs, const PayloadFormat& chosen) {
  RtpLine line;
  line.video = theirs.kind == MediaKind::kVideo;
  line.profile = rtp_profile_named(theirs.protocol).value_or(RtpProfile::kAvp);
  line.codec = {codec_of(chosen).value_or(Codec::kOpus), chosen.parameters};
  line.payload_type = line.receive_type = chosen.type;
  if (!line.video) line.tones = tones_of(theirs, chosen.clock_rate);
  line.extension_id = extension_id_of(theirs);
  line.nack = line.video && has(chosen, "nack");
  line.pli = line.video && has(chosen, "nack pli");
  line.reduced_size = theirs.rtcp_reduced_size;
  line.rtcp = !wants_no_rtcp(theirs);
  line.mux = theirs.rtcp_mux;
  if (const auto status = read_remote(theirs, line); !status.ok()) return status;
  line.direction = direction_of(receives(theirs.direction) && line.remote, sends(theirs.direction));
  if (!theirs.ssrcs.empty()) line.ssrc = theirs.ssrcs.front().ssrc;
  return line;
}

std::optional<ToneFormat> tones_of(const MediaDescription& theirs, uint32_t clock_rate) {
  std::optional<ToneFormat> found;
  for (const auto& payload : theirs.payloads) {
    if (!equals_ignoring_case(payload.encoding, "telephone-event")) continue;
    if (payload.clock_rate == clock_rate) return ToneFormat{payload.type, payload.clock_rate};
    if (!found) found = ToneFormat{payload.type, payload.clock_rate};
  }
  return found;
}

ExtensionKind extension_of(bool video) {
  return video ? ExtensionKind::kVideoOrientation : ExtensionKind::kAudioLevel;
}

uint8_t extension_id_of(const MediaDescription& theirs) {
  const auto uri = uri_of(extension_of(theirs.kind == MediaKind::kVideo));
  const auto found = std::ranges::find(theirs.extensions, uri, &ExtensionEntry::uri);
  const bool usable = found != theirs.extensions.end() && found->id <= ExtensionIdMap::kMaxId;
  return usable ? static_cast<uint8_t>(found->id) : uint8_t{0};
}

const PayloadFormat* find_rtp_payload(const MediaDescription& theirs, const CodecChoice& codec,
                                      std::span<const Codec> codecs) {
  const bool allowed = codecs.empty() || std::ranges::find(codecs, codec.codec) != codecs.end();
  const auto found =
      std::ranges::find_if(theirs.payloads, [&](const auto& it) { return matches(it, codec); });
  return allowed && found != theirs.payloads.end() ? &*found : nullptr;
}

const PayloadFormat* choose_rtp_payload(const MediaDescription& theirs, std::span<const Codec> codecs) {
  const bool audio = theirs.kind == MediaKind::kAudio;
  const auto fits = [&](const PayloadFormat& payload, std::optional<Codec> wanted) {
    const auto codec = codec_of(payload);
    return codec && is_audio(*codec) == audio && (!wanted || codec == wanted) &&
           matches(payload, {*codec, {}});
  };
  const auto find = [&](std::optional<Codec> wanted) -> const PayloadFormat* {
    const auto found =
        std::ranges::find_if(theirs.payloads, [&](const auto& payload) { return fits(payload, wanted); });
    return found == theirs.payloads.end() ? nullptr : &*found;
  };
  if (codecs.empty()) return find(std::nullopt);
  for (const auto codec : codecs) {
    if (const auto* payload = find(codec)) return payload;
  }
  return nullptr;
}

}  // namespace kms::rtc
