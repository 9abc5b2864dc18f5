// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/rtp_track.hpp"

#include <algorithm>
#include <cstring>

#include "kms-core/rtc/rtp/rtp_editor.hpp"
#include "kms-core/rtc/rtp/rtx.hpp"

namespace kms::rtc::loadtest {
namespace {

constexpr size_t kFixedHeader = 12;
constexpr size_t kBlockHead = 4;

uint8_t element_head(uint8_t id, size_t size) { return static_cast<uint8_t>(id << 4 | (size - 1)); }

// Where the element begins; nothing is written without an id.
size_t add_element(std::vector<uint8_t>& header, uint8_t id, std::string_view value) {
  if (id == 0 || value.empty()) return 0;
  const auto at = header.size();
  header.push_back(element_head(id, value.size()));
  header.insert(header.end(), value.begin(), value.end());
  return at;
}

}  // namespace

RtpTrack::RtpTrack(const Options& options, uint16_t first_sequence)
    : options_(options), kept_(options.repeats ? kKept : 1), index_(first_sequence) {
  write_header();
}

// What all packets of the stream begin with, but for sequence number, time stamp and marker.
void RtpTrack::write_header() {
  header_.resize(kFixedHeader + kBlockHead);
  header_[0] = 0x80;
  header_[1] = options_.payload_type;
  store_u32(&header_[8], options_.ssrc);
  const auto id_of = [&](ExtensionKind kind) { return options_.extensions.id_of(kind); };
  add_element(header_, id_of(ExtensionKind::kMid), options_.mid);
  rid_at_ = add_element(header_, id_of(ExtensionKind::kRid), options_.rid);
  const bool counted = options_.transport_sequence != nullptr;
  transport_at_ = counted ? add_element(header_, id_of(ExtensionKind::kTransportSequence), "##") : 0;
  if (transport_at_ != 0) ++transport_at_;
  if (header_.size() == kFixedHeader + kBlockHead) return header_.resize(kFixedHeader);
  header_.resize((header_.size() + 3) / 4 * 4);
  header_[0] |= 0x10;
  store_u16(&header_[kFixedHeader], kOneByteProfile);
  store_u16(&header_[kFixedHeader + 2],
            static_cast<uint16_t>((header_.size() - kFixedHeader - kBlockHead) / 4));
}

void RtpTrack::number_transport(MutableBytes packet) const {
  if (transport_at_ != 0) store_u16(&packet[transport_at_], (*options_.transport_sequence)++);
}

PlainRtp RtpTrack::make(const Payload& payload, uint32_t timestamp, bool marker) {
  auto& kept = slot_of(index_);
  kept.index = index_++;
  kept.repeated = {};
  auto* at = std::ranges::copy(header_, kept.bytes.data()).out;
  for (const auto part : {payload.head, payload.body, payload.tail}) {
    const auto room = static_cast<size_t>(kept.bytes.data() + kMaxPacket - at);
    at = std::ranges::copy(part.first(std::min(part.size(), room)), at).out;
  }
  kept.size = static_cast<size_t>(at - kept.bytes.data());
  RtpEditor editor(kept.bytes);
  editor.set_marker(marker);
  editor.set_sequence(static_cast<uint16_t>(kept.index));
  editor.set_timestamp(timestamp);
  number_transport(kept.bytes);
  ++packets_;
  octets_ += static_cast<uint32_t>(kept.size - header_.size());
  return {Bytes(kept.bytes).first(kept.size), header_.size(), kept.index};
}

std::optional<PlainRtp> RtpTrack::repeat(uint16_t sequence, TimePoint now) {
  auto& kept = slot_of(sequence);
  const bool there = options_.repeats && kept.size > 0 && static_cast<uint16_t>(kept.index) == sequence;
  if (!there || now - kept.repeated < kLeastBetweenRepeats) return std::nullopt;
  kept.repeated = now;
  const auto original = Bytes(kept.bytes).first(kept.size);
  if (options_.rtx_payload_type == 0) return PlainRtp{original, header_.size(), kept.index};
  const RtxHeader as{options_.rtx_payload_type, static_cast<uint16_t>(rtx_index_), options_.rtx_ssrc};
  const auto size = rtx_wrap(original, as, repeated_);
  if (size == 0) return std::nullopt;
  const auto repaired_id = options_.extensions.id_of(ExtensionKind::kRepairedRid);
  if (rid_at_ != 0 && repaired_id != 0) repeated_[rid_at_] = element_head(repaired_id, options_.rid.size());
  number_transport(repeated_);
  return PlainRtp{Bytes(repeated_).first(size), header_.size(), rtx_index_++};
}

}  // namespace kms::rtc::loadtest
