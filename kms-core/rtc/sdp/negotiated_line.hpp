// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kms-core/rtc/rtp/extension_id_map.hpp"
#include "kms-core/rtc/sdp/codec_match.hpp"

namespace kms::rtc {

// What offer and answer agreed on for one m-line.
struct NegotiatedLine {
  bool accepted = false;
  MediaKind kind = MediaKind::kOther;
  std::string mid;
  Direction direction = Direction::kInactive;  // as we see it
  CodecChoice codec;                           // the one codec of the line, both ways
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;  // 0: no retransmission stream
  uint8_t red_payload_type = 0;  // of sound that repeats what came before (RFC 2198); 0: none
  bool prefers_red = false;      // the peer has it before the codec, and sends it if we do as well
  bool nack = false;             // never for audio: browsers would repeat for ever
  bool pli = false;
  bool fir = false;
  bool transport_cc = false;
  bool remb = false;  // only without transport_cc
  bool reduced_size = false;
  ExtensionIdMap extensions;
  std::vector<std::string> rids;  // encodings we receive by simulcast, in the peer's order; else empty
  // Of data channels: what the peer says of its SCTP.
  uint16_t sctp_port = 0;
  uint64_t max_message_size = 0;  // that it takes, in bytes; 0: any
  // What the peer says about the stream it sends; 0 or empty: nothing.
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;
  std::string cname;
  std::string stream_id;
  std::string track_id;
};

// The transport of the whole session, as the peer described it.
struct NegotiatedTransport {
  std::string ufrag;
  std::string password;
  Fingerprint fingerprint;
  bool we_are_client = false;  // of DTLS
};

struct Negotiation {
  std::string sdp;             // ours, to be sent
  bool has_transport = false;  // false: every line was rejected
  NegotiatedTransport transport;
  std::vector<NegotiatedLine> lines;  // one per m-line
};

// What `theirs` says about a line with the payload format `chosen` in use. kinds: the extensions to take.
NegotiatedLine read_line(const MediaDescription& theirs, const PayloadFormat& chosen,
                         std::span<const ExtensionKind> kinds);

}  // namespace kms::rtc
