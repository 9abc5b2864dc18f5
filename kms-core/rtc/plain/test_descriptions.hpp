// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/rtc/plain/rtp_negotiation.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace kms::rtc::test {

// Descriptions of plain RTP from 192.0.2.1; `lines` are whole m-lines.
inline std::string description(const std::string& lines) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + lines;
}

inline constexpr const char* kAudio =
    "m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n";
inline constexpr const char* kVideo =
    "m=video 4002 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n";
inline constexpr const char* kKey = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

// Ports as they would be bound: sound at 10000, pictures at 10002.
inline Result<RtpLocal> fixed_ports(bool video, bool mux, const std::optional<SocketAddress>&) {
  const auto port = static_cast<uint16_t>(video ? 10'002 : 10'000);
  return RtpLocal{"198.51.100.1", port, static_cast<uint16_t>(mux ? port : port + 1)};
}

inline SessionDescription parsed(const std::string& text) {
  auto session = parse_sdp(text);
  return session.ok() ? std::move(*session) : SessionDescription{};
}

}  // namespace kms::rtc::test
