// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/frame_hold.hpp"

#include <algorithm>
#include <cstring>

namespace kms::rtc {
namespace {

// More than any sensible frame: bounds what a sender without marker bits can pile up before the deadline.
constexpr size_t kMaxHeld = 256;

void pad(Packet& packet, size_t size) {
  const size_t padding = size - packet.payload_size;
  if (padding == 0) return;
  auto* at = packet.bytes.data() + packet.payload_size;
  std::memset(at, 0, padding);
  at[padding - 1] = static_cast<uint8_t>(padding);
  packet.padding = static_cast<uint8_t>(padding);
  packet.payload_size = static_cast<uint16_t>(size);
}

// How many packets from the front can be given one size.
size_t held_run(std::span<const PacketRef> packets, uint8_t max_padding, uint16_t* size) {
  uint16_t smallest = packets.front()->payload_size;
  uint16_t largest = smallest;
  size_t length = 1;
  for (; length < packets.size(); ++length) {
    const auto& packet = *packets[length];
    const auto low = std::min(smallest, packet.payload_size);
    const auto high = std::max(largest, packet.payload_size);
    if (high - low > max_padding) break;
    smallest = low;
    largest = high;
  }
  *size = largest;
  return length;
}

}  // namespace

void equalize(std::span<const PacketRef> packets, uint8_t max_padding) {
  while (!packets.empty()) {
    uint16_t size = 0;
    const size_t length = held_run(packets, max_padding, &size);
    const bool ends = length == packets.size();  // the very last packet may be shorter as it is
    for (size_t i = 0; i + (ends ? 1 : 0) < length; ++i) pad(*packets[i], size);
    packets = packets.subspan(length);
  }
}

FrameHold::FrameHold(const HoldPolicy& policy, bool video) : policy_(policy), video_(video) {}

void FrameHold::add(const PacketRef& packet) {
  // Not before the first packet: an offer alone, of whoever, shall cost little.
  if (packets_.capacity() == 0) packets_.reserve(kMaxHeld);
  if (taken_.capacity() == 0) taken_.reserve(kMaxHeld);
  complete_ = complete_ || packet->marker || packet->late || packets_.size() + 1 >= kMaxHeld;
  packets_.push_back(packet);
}

bool FrameHold::due(TimePoint now, size_t receivers) const {
  if (packets_.empty()) return false;
  return complete_ || !holds(receivers) || now >= deadline();
}

std::span<const PacketRef> FrameHold::take() {
  taken_.clear();
  taken_.swap(packets_);
  complete_ = false;
  equalize(taken_, policy_.max_padding);
  return taken_;
}

}  // namespace kms::rtc
