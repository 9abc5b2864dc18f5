// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string>

#include "elements/webrtc_client/words/answer.hpp"
#include "elements/webrtc_client/words/ice_server.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace {

using namespace kms::webrtc_client;

void require(bool truth) {
  if (!truth) std::abort();
}

// As webrtcbin makes it.
constexpr char kOffer[] =
    "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\na=group:BUNDLE audio0 "
    "video1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:abcdefghijklmnopqrstuv\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=sendonly\r\na=rtpmap:111 "
    "OPUS/48000/2\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=mid:audio0\r\na=fingerprint:sha-256 "
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n"
    "m=video 0 UDP/TLS/RTP/SAVPF 96 102 103 97\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:abcdefghijklmnopqrstuv\r\na=bundle-only\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=sendonly\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:102 H264/90000\r\n"
    "a=rtpmap:103 RTX/90000\r\na=fmtp:103 apt=102\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 "
    "apt=96\r\na=mid:video1\r\n"
    "a=fingerprint:sha-256 "
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n";

bool may_reach(const std::string& address) { return !address.starts_with("10."); }

// What webrtcbin is given is a whole answer to its offer, and leads nowhere it must not.
void read(std::string_view text) {
  const auto agreement = read_answer(kOffer, text, may_reach);
  if (!agreement.ok()) return;
  const auto written = kms::rtc::parse_sdp(agreement->sdp);
  require(written.ok() && written->media.size() == 2 && agreement->lines.size() == 2);
  require(written->bundle == std::vector<std::string>{"audio0", "video1"});
  for (const auto& media : written->media) {
    require(media.port != 0 && !media.formats.empty() &&
            media.transport.fingerprint == agreement->fingerprint);
    for (const auto& format : media.formats)
      require(std::string("111 96 102 103 97").find(format) != std::string::npos);
    for (const auto& candidate : media.candidates) require(candidate.find(" 10.") == std::string::npos);
  }
  const auto again = read_answer(kOffer, agreement->sdp, may_reach);
  require(again.ok() && again->sdp == agreement->sdp);
}

void read_links(const std::string& text) {
  const auto servers = ice_servers_of({text, text});
  require(servers.size() <= 8);
  for (const auto& server : servers) {
    const auto uri = server.leading_to("192.0.2.1");
    require(uri.starts_with(server.relay ? "turn://" : "stun://192.0.2.1:"));
    require(uri.find_first_of(" \r\n\"<>") == std::string::npos);
  }
  const auto one = parse_ice_server(text);
  if (one.ok()) require(one->port != 0 && !one->host.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read(text);
  read_links(text);
  fingerprint_of(text);
  return 0;
}
