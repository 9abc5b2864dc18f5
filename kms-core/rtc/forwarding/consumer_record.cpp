// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/consumer_record.hpp"

#include <algorithm>
#include <cstring>

#include "kms-core/rtc/rtp/extension_reader.hpp"

namespace kms::rtc {
namespace {

// An element of the one-byte form (RFC 8285 section 4.2).
uint8_t* write_element(uint8_t* out, uint8_t id, const void* value, size_t size) {
  *out = static_cast<uint8_t>(id << 4 | (size - 1));
  std::memcpy(out + 1, value, size);
  return out + 1 + size;
}

size_t write_extensions(const ConsumerRecord& record, const Packet& packet, uint8_t* out) {
  uint8_t* at = out + 4;
  if (record.transport_id != 0) {
    constexpr uint16_t kLater = 0;
    at = write_element(at, record.transport_id, &kLater, sizeof kLater);
  }
  if (record.mid_size > 0) {
    at = write_element(at, record.extensions.id_of(ExtensionKind::kMid), record.mid.data(), record.mid_size);
  }
  for (size_t i = 0; i < packet.extension_count; ++i) {
    const auto& extension = packet.extensions[i];
    const auto id = record.extensions.id_of(extension.kind);
    if (id != 0) at = write_element(at, id, extension.value.data(), extension.size);
  }
  if (at == out + 4) return 0;
  while ((at - out) % 4 != 0) *at++ = 0;
  store_u16(out, kOneByteProfile);
  store_u16(out + 2, static_cast<uint16_t>((at - out) / 4 - 1));
  return static_cast<size_t>(at - out);
}

}  // namespace

ConsumerRecord make_record(ConsumerId id, const ConsumerSettings& settings) {
  ConsumerRecord record;
  record.id = id;
  record.target = settings.target;
  record.ssrc = settings.ssrc;
  record.payload_type = settings.payload_type;
  record.red_payload_type = settings.red_payload_type;
  record.rtx_ssrc = settings.rtx_ssrc;
  record.rtx_payload_type = settings.rtx_payload_type;
  record.extensions = settings.extensions;
  record.transport_id = settings.extensions.id_of(ExtensionKind::kTransportSequence);
  record.before = settings.before;
  record.told_to_end = settings.told_to_end;
  record.counters = settings.counters;
  take_position(record, settings.position);
  const auto size = settings.mid.size();
  if (settings.extensions.id_of(ExtensionKind::kMid) != 0 && size <= record.mid.size()) {
    std::copy(settings.mid.begin(), settings.mid.end(), record.mid.begin());
    record.mid_size = static_cast<uint8_t>(size);
  }
  return record;
}

void take_position(ConsumerRecord& record, const SendPosition& position) {
  record.next = position.next;
  record.next_rtx = position.next_rtx;
  record.packets = record.told_packets = position.packets;
  record.octets = record.told_octets = position.octets;
  record.last_timestamp = position.timestamp;
  record.last_sent_at = position.sent_at;
  record.last_picture = position.picture;
  record.send_delay = position.send_delay;
}

Bytes payload_for(const ConsumerRecord& record, const Packet& packet, const Outgoing& as) {
  static constexpr uint8_t kOnlyPadding[] = {1};  // RFC 3550 section 5.1: its last byte counts itself
  if (as.empty) return kOnlyPadding;
  return takes_bare(record, packet) ? packet.media() : packet.payload();
}

size_t write_header(const ConsumerRecord& record, const Packet& packet, const Outgoing& as, uint8_t* out) {
  size_t extensions = 0;
  if (record.transport_id != 0 || record.mid_size > 0 || packet.extension_count > 0) {
    extensions = write_extensions(record, packet, out + 12);
  }
  const bool bare = takes_bare(record, packet);
  const bool red = packet.is_red() && !bare;
  const bool padded = as.empty || (packet.padding > 0 && !bare);
  out[0] = static_cast<uint8_t>(0x80 | (padded ? 0x20 : 0) | (extensions > 0 ? 0x10 : 0));
  const auto type = red ? record.red_payload_type : record.payload_type;
  out[1] = static_cast<uint8_t>((as.marker ? 0x80 : 0) | type);
  store_u16(out + 2, static_cast<uint16_t>(as.index));
  store_u32(out + 4, packet.timestamp + record.timestamp_offset);
  store_u32(out + 8, record.ssrc);
  return 12 + extensions;
}

size_t write_rtx_header(const ConsumerRecord& record, const Packet& packet, Outgoing as, uint8_t* out) {
  as.index = record.next_rtx;
  const size_t size = write_header(record, packet, as, out);
  out[1] = static_cast<uint8_t>((as.marker ? 0x80 : 0) | record.rtx_payload_type);
  store_u32(out + 8, record.rtx_ssrc);
  return size;
}

}  // namespace kms::rtc
