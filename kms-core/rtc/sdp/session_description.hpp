// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/wire/fingerprint.hpp"

// The model of a session description (RFC 8866, as WebRTC uses it: RFC 9429). Plain data: what the text said,
// checked for form only.
namespace kms::rtc {

enum class MediaKind : uint8_t { kAudio, kVideo, kApplication, kOther };

// Two bits, so that directions can be computed with.
enum class Direction : uint8_t { kInactive = 0, kSendOnly = 1, kRecvOnly = 2, kSendRecv = 3 };
constexpr bool sends(Direction direction) { return (static_cast<uint8_t>(direction) & 1) != 0; }
constexpr bool receives(Direction direction) { return (static_cast<uint8_t>(direction) & 2) != 0; }
constexpr Direction direction_of(bool sending, bool receiving) {
  return static_cast<Direction>((sending ? 1 : 0) | (receiving ? 2 : 0));
}

enum class DtlsSetup : uint8_t { kMissing, kActPass, kActive, kPassive };

// One payload type of an RTP m-line: a=rtpmap, a=fmtp and a=rtcp-fb.
struct PayloadFormat {
  uint8_t type = 0;
  std::string encoding;  // empty: no rtpmap, and none of the static types we know
  uint32_t clock_rate = 0;
  uint32_t channels = 1;
  std::string parameters;             // of a=fmtp
  std::vector<std::string> feedback;  // "nack", "nack pli", "ccm fir", ...
};

struct ExtensionEntry {
  uint16_t id = 0;
  std::string uri;
};

struct SsrcEntry {
  uint32_t ssrc = 0;
  std::string cname;
};

struct SsrcGroup {
  std::string semantics;  // "FID": media and its RTX
  std::vector<uint32_t> ssrcs;
};

// a=rid (RFC 8851).
struct RidEntry {
  std::string id;
  bool send = false;
  std::vector<uint8_t> payload_types;  // empty: all
};

// a=crypto (RFC 4568), its parts as written.
struct CryptoEntry {
  uint32_t tag = 0;
  std::string suite;
  std::string keys;        // "inline:..."
  std::string parameters;  // of the session; may be empty
};

// b= (RFC 8866 section 5.8).
struct BandwidthEntry {
  std::string type;  // "AS", "TIAS", "RS", "RR", ...
  uint64_t value = 0;
};

// ICE and DTLS of an m-line. With BUNDLE those of the first accepted one count for all.
struct TransportSettings {
  std::string ufrag;
  std::string password;
  std::optional<Fingerprint> fingerprint;
  bool foreign_fingerprint = false;  // one of another hash than SHA-256
  DtlsSetup setup = DtlsSetup::kMissing;
};

struct MediaDescription {
  size_t line = 0;  // where the m= stands, from 1; 0 in descriptions of our own
  MediaKind kind = MediaKind::kOther;
  std::string kind_name;
  uint16_t port = 0;
  bool bundle_only = false;
  std::string protocol;
  std::vector<std::string> formats;  // as written; RTP: payload types in order of preference
  std::string mid;
  Direction direction = Direction::kSendRecv;
  // Of the m-line or, where it has none, of the session; empty: nowhere.
  std::string address;       // c=, without TTL and number of addresses
  uint16_t rtcp_port = 0;    // a=rtcp (RFC 3605); 0: not given
  std::string rtcp_address;  // empty: `address`
  std::vector<CryptoEntry> crypto;
  std::vector<BandwidthEntry> bandwidths;
  uint16_t sctp_port = 0;                    // a=sctp-port (RFC 8841); 0: not given, or no association
  std::optional<uint64_t> max_message_size;  // bytes; 0: any
  uint32_t ptime_ms = 0;                     // 0: not given
  uint32_t maxptime_ms = 0;
  bool rtcp_mux = false;
  bool rtcp_reduced_size = false;
  bool end_of_candidates = false;
  TransportSettings transport;
  std::vector<std::string> candidates;  // "candidate:..."
  std::vector<PayloadFormat> payloads;  // RTP only, one per format
  std::vector<ExtensionEntry> extensions;
  std::vector<SsrcEntry> ssrcs;
  std::vector<SsrcGroup> ssrc_groups;
  std::string stream_id;  // a=msid; "-": no stream
  std::string track_id;
  std::vector<RidEntry> rids;
  // a=simulcast (RFC 8853): the first alternative of each stream.
  std::vector<std::string> simulcast_send;
  std::vector<std::string> simulcast_receive;

  // Wanted at all: port 0 means rejected or ended, unless the line lives on another's transport.
  bool is_active() const { return port != 0 || bundle_only; }
};

struct SessionDescription {
  uint64_t session_id = 0;
  uint64_t version = 0;
  std::string address;              // of o=; empty in descriptions that need none
  std::vector<std::string> bundle;  // mids of the first BUNDLE group
  bool ice_lite = false;
  bool extmap_allow_mixed = false;
  std::vector<MediaDescription> media;
};

}  // namespace kms::rtc
