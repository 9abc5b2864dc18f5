// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/reset_gate.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

// RFC 9260 section 3, RFC 6525 sections 3 and 4.
constexpr size_t kCommonHeaderSize = 12;
constexpr size_t kChecksumOffset = 8;
constexpr size_t kChunkHeader = 4;
constexpr size_t kInitialTsnAt = 16;
constexpr uint8_t kInit = 1;
constexpr uint8_t kInitAck = 2;
constexpr uint8_t kSack = 3;
constexpr uint8_t kReconfig = 130;
constexpr uint16_t kOutgoingReset = 13;

size_t padded(size_t size) { return (size + 3) & ~size_t{3}; }

bool is_after(uint32_t one, uint32_t other) { return static_cast<int32_t>(one - other) > 0; }

// The chunks of a packet, one by one, padding included; the rest of what is cut off is no chunk.
class Chunks {
 public:
  explicit Chunks(Bytes packet) : rest_(packet.subspan(std::min(packet.size(), kCommonHeaderSize))) {}

  // Empty: there is none left.
  Bytes next() {
    if (rest_.size() < kChunkHeader) return {};
    const size_t size = load_u16(rest_.data() + 2);
    if (size < kChunkHeader || size > rest_.size()) return {};
    const auto chunk = rest_.first(std::min(padded(size), rest_.size()));
    rest_ = rest_.subspan(chunk.size());
    return chunk;
  }
  Bytes rest() const { return rest_; }

 private:
  Bytes rest_;
};

void append(std::vector<uint8_t>& packet, Bytes bytes) {
  packet.insert(packet.end(), bytes.begin(), bytes.end());
}

std::vector<uint8_t> header_of(Bytes packet) {
  std::vector<uint8_t> header(packet.begin(), packet.begin() + kCommonHeaderSize);
  std::fill(header.begin() + kChecksumOffset, header.end(), uint8_t{0});
  return header;
}

}  // namespace

Bytes ResetGate::pass(Bytes packet) {
  bool early = false;
  Chunks chunks(packet);
  for (auto chunk = chunks.next(); !chunk.empty(); chunk = chunks.next()) {
    note_beginning(chunk);
    early = early || is_early(chunk);
  }
  if (!early) return packet;

  held_ = header_of(packet);
  passed_ = header_of(packet);
  Chunks again(packet);
  for (auto chunk = again.next(); !chunk.empty(); chunk = again.next())
    append(is_early(chunk) ? held_ : passed_, chunk);
  append(passed_, again.rest());
  return passed_.size() > kCommonHeaderSize ? Bytes(passed_) : Bytes{};
}

void ResetGate::note_beginning(Bytes chunk) {
  const bool begins = chunk[0] == kInit || chunk[0] == kInitAck;
  if (!begins || acknowledged_ || chunk.size() < kInitialTsnAt + sizeof(uint32_t)) return;
  here_ = load_u32(chunk.data() + kInitialTsnAt) - 1;
}

bool ResetGate::is_early(Bytes chunk) const {
  if (chunk[0] != kReconfig || !here_) return false;
  for (ByteReader parameters(chunk.subspan(kChunkHeader)); parameters.left() >= kChunkHeader;) {
    const auto type = parameters.u16();
    const size_t size = parameters.u16();
    if (size < kChunkHeader) return false;
    ByteReader value(parameters.bytes(std::min(padded(size) - kChunkHeader, parameters.left())));
    if (type != kOutgoingReset) continue;
    value.skip(2 * sizeof(uint32_t));  // the numbers of the request and of what it answers
    const auto last = value.u32();
    if (value.ok() && is_after(last, *here_)) return true;
  }
  return false;
}

bool ResetGate::note_sent(Bytes packet) {
  Chunks chunks(packet);
  for (auto chunk = chunks.next(); !chunk.empty(); chunk = chunks.next()) {
    if (chunk[0] != kSack || chunk.size() < kChunkHeader + sizeof(uint32_t)) continue;
    here_ = load_u32(chunk.data() + kChunkHeader);
    acknowledged_ = true;
  }
  return !held_.empty();
}

std::vector<uint8_t> ResetGate::release() {
  Chunks chunks(held_);
  for (auto chunk = chunks.next(); !chunk.empty(); chunk = chunks.next()) {
    if (is_early(chunk)) return {};
  }
  return std::exchange(held_, {});
}

}  // namespace kms::rtc
