// SPDX-License-Identifier: Apache-2.0
// The part of Fanout that sends again what was sent.
#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/forwarding/fanout.hpp"
#include "kms-core/rtc/rtp/rtx.hpp"
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"

namespace kms::rtc {
namespace {

// Padding: of so many packets back, those that are worth their headers.
constexpr uint64_t kPaddingReach = 64;
constexpr size_t kLeastPadding = 200;

}  // namespace

// Nothing: it was not sent.
std::optional<Outgoing> Fanout::sent_as(const ConsumerRecord& record, const Packet& packet) {
  if (packet.index < record.first) return std::nullopt;
  if (record.thinner) return record.thinner->find(packet);
  return Outgoing{packet.index + record.offset, record.pictures, packet.marker};
}

// The packet that went out as `index`; empty if it is gone.
const PacketRef& Fanout::find_sent(const ConsumerRecord& record, uint64_t index) const {
  if (!record.thinner) return ring_.find(index - record.offset);
  const auto source = record.thinner->source_of(index);
  return source ? ring_.find(*source) : none_;
}

std::optional<size_t> Fanout::resend(ConsumerId id, uint16_t sequence) {
  auto* record = get(id);
  if (!record || record->first == ConsumerRecord::kNotStarted || !record->target->open) return std::nullopt;
  if (record->resend_credit == 0) return std::nullopt;
  const auto index = static_cast<uint64_t>(unwrap_near(static_cast<int64_t>(record->next), sequence));
  if (index >= record->next) return std::nullopt;
  const auto& packet = find_sent(*record, index);
  const auto as = packet ? sent_as(*record, *packet) : std::nullopt;
  if (!as || !bears_repair(*record, packet->payload_size)) return std::nullopt;
  --record->resend_credit;
  if (record->rtx_ssrc != 0) {
    resend_rtx(*record, packet, *as);
  } else {
    emit(*record, packet, *as);
  }
  return payload_for(*record, *packet, *as).size();
}

// Within what its way bears.
bool Fanout::bears_repair(const ConsumerRecord& record, size_t size) const {
  if (record.transport_id == 0) return true;
  return record.rtx_ssrc != 0 && record.target->estimator->bears_repair(size, sender_.now());
}

size_t Fanout::send_padding(ConsumerId id, size_t bytes) {
  auto* record = get(id);
  const bool can = record && record->first != ConsumerRecord::kNotStarted && record->target->open;
  if (!can || record->rtx_ssrc == 0) return 0;
  size_t sent = 0;
  for (uint64_t back = 1; back <= kPaddingReach && sent < bytes; ++back) {
    const auto& packet = find_sent(*record, record->next - back);
    const auto as = packet ? sent_as(*record, *packet) : std::nullopt;
    if (!as) return sent;
    if (payload_for(*record, *packet, *as).size() < kLeastPadding) continue;
    resend_rtx(*record, packet, *as);
    sent += packet->payload_size;
  }
  return sent;
}

void Fanout::resend_rtx(ConsumerRecord& record, const PacketRef& packet, const Outgoing& as) {
  const size_t size = kRtxOverhead + payload_for(record, *packet, as).size();
  auto* out = sender_.next_packet();
  const auto header = static_cast<uint16_t>(write_rtx_header(record, *packet, as, out));
  const uint64_t rtx_index = record.next_rtx++;
  if (header + size > SendBatch::kMaxPacket) return;
  number(record, out, header + size);
  store_u16(out + header, static_cast<uint16_t>(as.index));
  write_payload(record, *packet, as, out + header + kRtxOverhead);
  sender_.send_in_place(*record.target, {rtx_index, record.rtx_ssrc, header}, size);
}

}  // namespace kms::rtc
