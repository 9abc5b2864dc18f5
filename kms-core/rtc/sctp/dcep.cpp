// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/dcep.hpp"

#include <algorithm>

#include "kms-core/rtc/wire/byte_reader.hpp"
#include "kms-core/rtc/wire/byte_writer.hpp"
#include "kms-core/rtc/wire/utf8.hpp"

namespace kms::rtc::dcep {
namespace {

// RFC 8832 section 8.2.1 and 5.1.
constexpr uint8_t kAck = 0x02;
constexpr uint8_t kOpen = 0x03;
constexpr uint8_t kReliable = 0x00;
constexpr uint8_t kRetransmits = 0x01;
constexpr uint8_t kLifetime = 0x02;
constexpr uint8_t kUnordered = 0x80;
constexpr uint16_t kNormalPriority = 256;  // RFC 8831 section 6.4
constexpr size_t kOpenHead = 12;

std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// False: a type that RFC 8832 does not know.
bool take_type(uint8_t type, uint32_t parameter, DataChannelOptions& options) {
  options.ordered = (type & kUnordered) == 0;
  const auto bounded = static_cast<uint16_t>(std::min<uint32_t>(parameter, 0xffff));
  switch (type & ~kUnordered) {
    case kReliable:
      return true;
    case kRetransmits:
      options.max_retransmits = bounded;
      return true;
    case kLifetime:
      options.max_packet_lifetime_ms = bounded;
      return true;
    default:
      return false;
  }
}

uint8_t type_of(const DataChannelOptions& options) {
  const uint8_t order = options.ordered ? uint8_t{0} : kUnordered;
  if (options.max_retransmits) return order | kRetransmits;
  if (options.max_packet_lifetime_ms) return order | kLifetime;
  return order | kReliable;
}

Message read_open(ByteReader reader) {
  Open open;
  const auto type = reader.u8();
  reader.skip(2);  // the priority: all channels have the same here
  const auto parameter = reader.u32();
  const size_t label_size = reader.u16();
  const size_t protocol_size = reader.u16();
  const auto label = reader.bytes(label_size);
  const auto protocol = reader.bytes(protocol_size);
  if (!reader.ok()) return Malformed{"DATA_CHANNEL_OPEN is cut off"};
  if (!take_type(type, parameter, open.options)) return Malformed{"unknown channel type"};
  if (label_size > kMaxDataLabel || protocol_size > kMaxDataLabel) return Malformed{"label too long"};
  if (!is_utf8(label) || !is_utf8(protocol)) return Malformed{"label is not UTF-8"};
  open.options.label = text_of(label);
  open.options.protocol = text_of(protocol);
  return open;
}

}  // namespace

Message read(Bytes bytes) {
  ByteReader reader(bytes);
  const auto type = reader.u8();
  if (reader.ok() && type == kAck) return Ack{};
  if (reader.ok() && type == kOpen) return read_open(reader);
  return Malformed{"unknown message"};
}

std::vector<uint8_t> write_open(const DataChannelOptions& options) {
  const auto label = bytes_of(options.label);
  const auto protocol = bytes_of(options.protocol);
  std::vector<uint8_t> out(kOpenHead + label.size() + protocol.size());
  ByteWriter writer(out);
  writer.u8(kOpen);
  writer.u8(type_of(options));
  writer.u16(kNormalPriority);
  writer.u32(options.max_retransmits.value_or(options.max_packet_lifetime_ms.value_or(0)));
  writer.u16(static_cast<uint16_t>(label.size()));
  writer.u16(static_cast<uint16_t>(protocol.size()));
  writer.bytes(label);
  writer.bytes(protocol);
  return out;
}

std::vector<uint8_t> write_ack() { return {kAck}; }

}  // namespace kms::rtc::dcep
