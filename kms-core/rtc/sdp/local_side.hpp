// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "kms-core/rtc/sdp/negotiated_line.hpp"

namespace kms::rtc {

// The header extensions that kms reads or writes.
inline constexpr std::array kUsedExtensions{ExtensionKind::kMid,
                                            ExtensionKind::kRid,
                                            ExtensionKind::kRepairedRid,
                                            ExtensionKind::kAudioLevel,
                                            ExtensionKind::kTransportSequence,
                                            ExtensionKind::kVideoOrientation};

// What our descriptions say on every m-line.
struct LocalSide {
  uint64_t session_id = 1;  // stays for the life of the peer
  uint64_t version = 1;     // one more with every description
  std::string ufrag;
  std::string password;
  Fingerprint fingerprint;
  std::vector<std::string> candidates;  // "candidate:..."; they stand on the first m-line in use
  // Where the peer leaves the choice, the side that begins the DTLS handshake. kPassive: the peer.
  DtlsSetup setup = DtlsSetup::kPassive;
  bool data = false;  // an m-line of data channels is taken
  uint16_t sctp_port = 5000;
  uint64_t max_message_size = 256 * 1024;  // that we take, in bytes
  uint64_t max_receive_bps = 0;            // all video together; 0: no bound
  std::vector<ExtensionKind> extensions{kUsedExtensions.begin(), kUsedExtensions.end()};
};

// A track that we send. It is signalled with SSRCs, which browsers want where lines share a transport.
struct SentTrack {
  std::string stream_id = {};
  std::string track_id = {};
  std::string cname = {};
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;  // 0: none; left out where RTX is not negotiated
};

}  // namespace kms::rtc
