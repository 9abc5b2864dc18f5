// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_negotiation.hpp"

#include <fmt/format.h>

#include <random>
#include <sstream>
// TEMPORARY: stands until rtc/sdp is there; understands only what the load generator offers.
namespace kms::rtc {
Result<Negotiated> PeerNegotiation::answer(const std::string& offer, const LocalDescription& local) {
  Negotiated n;
  std::istringstream in(offer);
  std::string l, kind, mid, dir, pt;
  int ext = 0;
  uint32_t ssrc = 0;
  std::string body;
  std::string mids;
  auto cand = host_candidates(local.addresses);
  std::random_device rd;
  auto finish = [&] {
    if (kind.empty()) return;
    const bool video = kind == "video";
    mids += " " + mid;
    body += fmt::format(
        "m={} 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 "
        "0.0.0.0\r\na=mid:{}\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:{}\r\na=setup:passive\r\na="
        "rtcp-mux\r\n",
        kind, pt, mid, local.credentials.ufrag, local.credentials.password, local.fingerprint.text());
    for (auto& c : cand) body += "a=" + c.line() + "\r\n";
    body += fmt::format("a=rtpmap:{} {}\r\na=extmap:{} urn:ietf:params:rtp-hdrext:sdes:mid\r\n", pt,
                        video ? "VP8/90000" : "opus/48000/2", ext);
    ExtensionIdMap ids;
    ids.set(ExtensionKind::kMid, static_cast<uint8_t>(ext));
    const auto type = static_cast<uint8_t>(std::stoi(pt));
    if (dir == "sendonly") {
      body += "a=recvonly\r\n";
      ReceiveLine r;
      r.mid = mid;
      r.codec = video ? Codec::kVp8 : Codec::kOpus;
      r.payload_type = type;
      r.nack = video;
      r.ssrc = ssrc;
      r.extensions = ids;
      n.receive.push_back(r);
    } else {
      SendLine s;
      s.mid = mid;
      s.codec = video ? Codec::kVp8 : Codec::kOpus;
      s.payload_type = type;
      s.ssrc = rd();
      s.extensions = ids;
      n.send.push_back(s);
      body += fmt::format("a=sendonly\r\na=ssrc:{} cname:x\r\na=msid:s t{}\r\n", s.ssrc, mid);
    }
  };
  while (std::getline(in, l)) {
    if (!l.empty() && l.back() == '\r') l.pop_back();
    if (l.rfind("m=", 0) == 0) {
      finish();
      kind = l.substr(2, 5);
      ssrc = 0;
      pt = l.substr(l.rfind(' ') + 1);
    } else if (l.rfind("a=mid:", 0) == 0)
      mid = l.substr(6);
    else if (l.rfind("a=ssrc:", 0) == 0)
      ssrc = static_cast<uint32_t>(std::stoul(l.substr(7)));
    else if (l.rfind("a=extmap:", 0) == 0)
      ext = std::stoi(l.substr(9));
    else if (l == "a=sendonly" || l == "a=recvonly")
      dir = l.substr(2);
    else if (l.rfind("a=fingerprint:", 0) == 0)
      n.fingerprint = *Fingerprint::parse(l.substr(14));
  }
  finish();
  n.sdp = fmt::format("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE{}\r\na=ice-lite\r\n",
                      mids) +
          body;
  return n;
}
}  // namespace kms::rtc
