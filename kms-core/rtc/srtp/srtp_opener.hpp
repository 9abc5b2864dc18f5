// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/srtp/cipher_context.hpp"
#include "kms-core/rtc/srtp/hmac_sha1.hpp"
#include "kms-core/rtc/srtp/initialization_vector.hpp"
#include "kms-core/rtc/srtp/session_keys.hpp"
#include "kms-core/rtc/srtp/srtp_streams.hpp"

namespace kms::rtc {

enum class SrtpVerdict : uint8_t { kOk, kShort, kReplayed, kForged, kTooManyStreams };

// Opens what one peer sends: authenticates, drops replays, follows the roll-over of each SSRC. State for an
// SSRC is made only by a packet that proved authentic, for at most kMaxStreams of them. With kNone everything
// is taken for authentic, and a sender that has begun anew under its SSRC is followed (RFC 3550 appendix
// A.1). One thread.
class SrtpOpener {
 public:
  static constexpr size_t kMaxStreams = SrtpStreams::kMax;

  SrtpOpener(SrtpProfile profile, const SrtpMasterKey& master);

  struct Rtp {
    uint64_t index = 0;       // 48 bits: roll-over counter and sequence number
    size_t payload_size = 0;  // padding included
    bool restarted = false;   // kNone: the sender has begun anew; the indices go on, whole turns higher
  };
  // `packet` begins with a header of `header_size` bytes, checked by RtpView::parse_protected. The payload is
  // decrypted to `payload`, which has room for packet.size() - header_size bytes.
  SrtpVerdict open_rtp(Bytes packet, size_t header_size, uint8_t* payload, Rtp* out);

  // Decrypts a compound packet in place and gives its size without index and tag.
  SrtpVerdict open_rtcp(MutableBytes packet, size_t* size);

  // open_rtcp() will be called soon.
  void expect_rtcp() const;

  // Makes room: the peer has ended the stream. What it sent before stays a replay.
  void retire(uint32_t ssrc);

 private:
  static SrtpVerdict accept(SrtpStreams& streams, uint32_t ssrc, uint64_t index);
  SrtpVerdict open_rtp_clear(Bytes packet, size_t header_size, uint8_t* payload, Rtp* out);
  uint64_t follow_jump(uint32_t ssrc, uint64_t highest, uint16_t sequence);
  bool open_rtp_gcm(Bytes packet, size_t header_size, uint8_t* payload, const Rtp& rtp);
  bool open_rtp_ctr(Bytes packet, size_t header_size, uint8_t* payload, const Rtp& rtp);
  bool open_rtcp_gcm(MutableBytes packet, size_t size, uint32_t index_word);
  bool open_rtcp_ctr(MutableBytes packet, size_t size, uint32_t index_word);

  struct Half {
    Half(const SrtpSessionKeys& keys, CipherContext context);
    SrtpVector salt;
    HmacSha1 hmac;
    CipherContext cipher;
  };

  SrtpProfile profile_;
  Half rtp_;
  Half rtcp_;
  SrtpStreams rtp_streams_;
  SrtpStreams rtcp_streams_;
  // kNone: a packet far from its stream's others, and the number that would prove a new beginning.
  struct Jump {
    uint32_t ssrc = 0;
    uint32_t next = UINT32_MAX;  // no sequence number
  } jump_;

  SrtpOpener(SrtpProfile profile, const SrtpKeys& keys);
};

// The 48-bit index that a sequence number most likely stands for, given the highest index so far: the nearest
// one that is not negative, since nothing comes before the first packet (RFC 3711 section 3.3.1, appendix A).
uint64_t estimate_srtp_index(uint64_t highest, uint16_t sequence);

}  // namespace kms::rtc
