// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "kms-core/rtc/forwarding/consumer_counters.hpp"
#include "kms-core/rtc/forwarding/layer_thinner.hpp"
#include "kms-core/rtc/forwarding/packet.hpp"
#include "kms-core/rtc/forwarding/send_target.hpp"
#include "kms-core/rtc/rtp/extension_id_map.hpp"
#include "kms-core/rtc/rtp/picture_numbers.hpp"

namespace kms::rtc {

using ConsumerId = uint64_t;

// The next index of an outgoing SSRC and of its RTX. We begin in the lower half of the sequence numbers, so
// that a receiver that misses the first packets cannot mistake the roll-over counter (RFC 3711
// section 3.3.1).
struct SendPosition {
  static SendPosition begin(uint32_t ssrc, uint32_t rtx_ssrc) { return {ssrc & 0x7fff, rtx_ssrc & 0x7fff}; }
  uint64_t next = 0;
  uint64_t next_rtx = 0;
  // What the SSRC's last packet said, and when: the time stamps of another source go on from there.
  uint32_t timestamp = 0;
  TimePoint sent_at{};  // the clock's zero: nothing has been sent
  uint64_t packets = 0;
  uint64_t octets = 0;
  PictureNumbers picture = {};  // of the SSRC's last packet
  Duration send_delay{};        // of all packets, see Pacer
};

// What is sent on an SSRC until another source takes over. Lives on the RTC thread.
class Predecessor {
 public:
  virtual ~Predecessor() = default;
  // Whether it is between two frames: a part of one would be left behind otherwise.
  virtual bool may_end(ConsumerId heir, TimePoint now) const = 0;
  // It ends. Gives where its SSRC goes on; nothing: that is no heir of anybody, and may not use the SSRC.
  virtual std::optional<SendPosition> end(ConsumerId heir) = 0;
};

// What a consumer negotiated for one m-line.
struct ConsumerSettings {
  const SendTarget* target = nullptr;
  uint32_t ssrc = 0;
  uint8_t payload_type = 0;
  uint8_t red_payload_type = 0;  // 0: what the source repeats (RED) is left out
  uint32_t rtx_ssrc = 0;         // 0: lost packets come again on `ssrc`
  uint8_t rtx_payload_type = 0;
  std::string mid;  // sent in each packet if `extensions` has an id for it and it has at most 16 characters
  ExtensionIdMap extensions;
  // Where the SSRC's packet indices go on: an index used twice would give the key stream away.
  SendPosition position;
  // Not null: what the SSRC sends until this consumer begins, and since when it has been told to end; the
  // position comes from there.
  Predecessor* before = nullptr;
  TimePoint told_to_end{};
  LayerLimits layers = {};  // see Fanout::set_layers
  std::shared_ptr<ConsumerCounters> counters = {};
};

// All that the fan-out touches of one consumer, flat, one after the other in memory. The packets of a source
// have 64-bit indices; a consumer sees them moved by a constant, from which its sequence number, roll-over
// counter, SRTP index and the answer to a NACK all follow. One that is not sent all layers has a short list
// of such constants beside it, see LayerThinner.
struct alignas(64) ConsumerRecord {
  static constexpr uint64_t kNotStarted = UINT64_MAX;

  const SendTarget* target = nullptr;
  uint64_t first = kNotStarted;  // the source's index that this consumer began with
  uint64_t offset = 0;           // ours minus the source's, modulo 2^64, of the next packet
  uint64_t next = 0;             // our index after the highest sent
  uint32_t ssrc = 0;
  uint32_t timestamp_offset = 0;  // ours minus the source's, modulo 2^32
  PictureShift pictures;          // ours minus the source's; none, unless another source was here before
  uint8_t payload_type = 0;
  uint8_t red_payload_type = 0;  // 0: none
  uint8_t mid_size = 0;
  uint8_t transport_id = 0;  // of the extension for transport-wide sequence numbers; 0: none
  ExtensionIdMap extensions;
  std::array<char, 16> mid{};

  uint64_t packets = 0;
  uint64_t octets = 0;  // of payload, as in SR
  ConsumerId id = 0;

  // The source's next index that this consumer is sent, of what is kept; kNotStarted: it is where all are.
  uint64_t cursor = kNotStarted;
  // There, for room on its peer's way (Pacer); and since when.
  bool waits = false;
  TimePoint waits_since{};
  Duration send_delay{};  // of all packets that waited

  // Retransmission.
  uint32_t rtx_ssrc = 0;
  uint8_t rtx_payload_type = 0;
  uint64_t next_rtx = 0;
  uint32_t resend_credit = 0;

  // Null: all layers are sent, and have been.
  std::unique_ptr<LayerThinner> thinner;

  // See ConsumerSettings.
  Predecessor* before = nullptr;
  TimePoint told_to_end{};

  // Before this consumer's present source, or its present SSRC; see SendPosition.
  uint32_t last_timestamp = 0;
  TimePoint last_sent_at{};
  PictureNumbers last_picture;

  // Who wants to know what was sent, and what was told already.
  std::shared_ptr<ConsumerCounters> counters;
  uint64_t told_packets = 0;
  uint64_t told_octets = 0;
};

ConsumerRecord make_record(ConsumerId id, const ConsumerSettings& settings);
// The SSRC goes on from there.
void take_position(ConsumerRecord& record, const SendPosition& position);

// Whether of RED the consumer gets what is no repetition, without padding: it has not agreed on RED.
inline bool takes_bare(const ConsumerRecord& record, const Packet& packet) {
  return packet.is_red() && record.red_payload_type == 0;
}

// What the consumer gets of the packet, before its picture numbers are moved.
Bytes payload_for(const ConsumerRecord& record, const Packet& packet, const Outgoing& as);

// Writes the consumer's header for `packet` and gives its size, at most kMaxOutgoingHeader.
inline constexpr size_t kMaxOutgoingHeader = 12 + 4 + 3 + (Packet::kMaxExtensions + 1) * 17 + 3;
size_t write_header(const ConsumerRecord& record, const Packet& packet, const Outgoing& as, uint8_t* out);
// The same for a repair of it, the next packet of the consumer's RTX stream.
size_t write_rtx_header(const ConsumerRecord& record, const Packet& packet, Outgoing as, uint8_t* out);
// Where the two bytes of the transport-wide sequence number lie in such a header, zero until they are filled
// in: the number counts the packet's size, which is known only then. If transport_id is not 0.
inline constexpr size_t kTransportSequenceAt = 12 + 4 + 1;

}  // namespace kms::rtc
