// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/rtcp_inbox.hpp"

#include "kms-core/rtc/rtcp/nack_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"

namespace kms::rtc {
namespace {

// Of one packet: as many as are kept to be sent again. A kilobyte may ask for five thousand.
constexpr int kMostAsked = 1024;

}  // namespace

bool RtcpInbox::read(Bytes compound, TimePoint now) {
  said_goodbye_ = false;
  RtcpReader reader(compound);
  while (const auto packet = reader.next()) on_packet(*packet, now);
  return reader.ok();
}

void RtcpInbox::on_packet(const RtcpPacket& packet, TimePoint now) {
  switch (packet.type) {
    case rtcp::kSenderReport:
      on_sender_report(packet, now);
      return on_report_blocks(packet, now);
    case rtcp::kReceiverReport:
      return on_report_blocks(packet, now);
    case rtcp::kTransportFeedback:
      return on_transport_feedback(packet, now);
    case rtcp::kPayloadFeedback:
      return on_payload_feedback(packet, now);
    case rtcp::kBye:
      return on_bye(packet);
    default:
      return;
  }
}

void RtcpInbox::on_sender_report(const RtcpPacket& packet, TimePoint now) {
  const auto info = read_sender_info(packet);
  auto* entry = info ? receiver_.find_by_ssrc(info->ssrc) : nullptr;
  if (!entry || entry->ssrc != info->ssrc) return;
  entry->stream.on_sender_report(*info, now);
}

void RtcpInbox::on_report_blocks(const RtcpPacket& packet, TimePoint now) {
  for (size_t i = 0; i < packet.count; ++i) {
    const auto block = read_report_block(packet, i);
    if (!block) return;
    consumers_.on_report(*block, now);
  }
}

void RtcpInbox::on_transport_feedback(const RtcpPacket& packet, TimePoint now) {
  if (packet.count != rtcp::kTransportCc) return on_nack(packet);
  if (bandwidth_) bandwidth_->on_transport_feedback(packet, now);
}

void RtcpInbox::on_nack(const RtcpPacket& packet) {
  const auto head = read_feedback_head(packet);
  if (!head) return;
  NackReader missing(packet);
  if (packet.count == rtcp::kNack) consumers_.on_nack(head->media_ssrc);
  for (int asked = 0; asked < kMostAsked; ++asked) {
    const auto sequence = missing.next();
    if (!sequence) return;
    consumers_.resend(head->media_ssrc, *sequence);
  }
}

void RtcpInbox::on_bye(const RtcpPacket& packet) {
  for (size_t i = 0; const auto ssrc = read_bye(packet, i); ++i) {
    if (receiver_.on_goodbye(*ssrc)) said_goodbye_ = true;
  }
}

void RtcpInbox::on_payload_feedback(const RtcpPacket& packet, TimePoint now) {
  if (is_pli(packet)) {
    const auto head = read_feedback_head(packet);
    if (head) consumers_.on_pli(head->media_ssrc);
  }
  if (const auto remb = bandwidth_ ? read_remb(packet) : std::nullopt) bandwidth_->on_remb(*remb, now);
  for (size_t i = 0; const auto entry = read_fir(packet, i); ++i) consumers_.on_fir(entry->ssrc);
}

}  // namespace kms::rtc
