// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include "kms-core/rtc/net/socket_address.hpp"
#include "kms-core/rtc/plain/rtp_profile.hpp"
#include "kms-core/rtc/plain/sdes.hpp"
#include "kms-core/rtc/rtp/extension_kind.hpp"
#include "kms-core/rtc/sdp/codec_match.hpp"

namespace kms::rtc {

// Telephone events of an m-line (RFC 4733).
struct ToneFormat {
  uint8_t payload_type = 0;
  uint32_t clock_rate = 8000;
};

// What was agreed on for one m-line of plain RTP, by offer and answer or without SDP.
struct RtpLine {
  bool video = false;
  RtpProfile profile = RtpProfile::kAvp;
  Direction direction = Direction::kInactive;  // as we see it
  CodecChoice codec;
  uint8_t payload_type = 0;  // of what we send
  uint8_t receive_type = 0;  // of what comes; mostly the same
  std::optional<ToneFormat> tones;
  // Their number in our offer, if there was one: the peer may send under either.
  std::optional<uint8_t> tones_offered = {};
  // Of the header extension that says how loud sound is (RFC 6464), or how pictures lie (3GPP TS 26.114,
  // CVO); 0: none.
  uint8_t extension_id = 0;
  bool nack = false;  // never for sound
  bool pli = false;
  bool reduced_size = false;
  bool rtcp = true;  // false: the peer wants none (b=RS:0, b=RR:0)
  bool mux = false;
  std::optional<SocketAddress> remote;       // where media goes; nothing: nowhere, or not known
  std::optional<SocketAddress> remote_rtcp;  // where RTCP goes
  std::optional<SdesKey> send_key;           // both or none
  std::optional<SdesKey> receive_key;
  uint32_t crypto_tag = 0;
  uint32_t ssrc = 0;  // of what the peer sends; 0: not said

  // Of what comes.
  bool is_tone(uint8_t type) const {
    return tones && type != receive_type && (type == tones->payload_type || type == tones_offered);
  }
};

// What `theirs` says of a line with the payload format `chosen` in use, as far as one side alone can say it.
// Reasons: SDP_ADDRESS.
Result<RtpLine> read_rtp_line(const MediaDescription& theirs, const PayloadFormat& chosen);

// The telephone events of a line, if possible on the clock of its sound.
std::optional<ToneFormat> tones_of(const MediaDescription& theirs, uint32_t clock_rate);

// What packets of such a line may say beside their media, and under which id they do; 0: they do not.
ExtensionKind extension_of(bool video);
uint8_t extension_id_of(const MediaDescription& theirs);

// The payload format of this codec, if it is one of `codecs` or they are empty. Null: none.
const PayloadFormat* find_rtp_payload(const MediaDescription& theirs, const CodecChoice& codec,
                                      std::span<const Codec> codecs);
// The first payload format that fits one of `codecs`, by their order; of an empty list, by the peer's. Null:
// none.
const PayloadFormat* choose_rtp_payload(const MediaDescription& theirs, std::span<const Codec> codecs);

}  // namespace kms::rtc
