// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_feedback.hpp"

#include <optional>
#include <utility>

#include "kms-core/rtc/peer/own_ssrcs.hpp"
#include "kms-core/rtc/peer/switchboard.hpp"

namespace kms::rtc {
namespace {

constexpr std::chrono::milliseconds kReportInterval{1000};
constexpr std::chrono::milliseconds kTransportFeedbackInterval{80};  // every second tick, some are early
constexpr size_t kMaxBlocks = 31;                                    // RFC 3550 section 6.4.1
// The most that an SR without blocks and its SDES take: 28 bytes, and 12 with the longest CNAME
// (section 6.5).
constexpr size_t kReportRoom = 28 + 12 + 256;
constexpr size_t kMaxNacks = 64;  // in one packet; the rest comes with the next turn

// Peers report at different moments of the second, so that their reports do not come in one burst.
Duration phase_of(uint64_t peer) { return kReportInterval * (peer % 20) / 20; }

}  // namespace

PeerFeedback::PeerFeedback(uint64_t peer)
    : ssrc_(OwnSsrcs::of_reports(peer)), next_report_(Clock::now() + phase_of(peer)) {}

void PeerFeedback::on_transport_sequence(uint16_t sequence, uint32_t media_ssrc, TimePoint arrived) {
  if (!transport_feedback_) transport_feedback_ = std::make_unique<TransportFeedbackGenerator>();
  transport_feedback_->on_packet(sequence, arrived);
  media_ssrc_ = media_ssrc;
}

TimePoint PeerFeedback::ask(const Peer& peer, TimePoint now) {
  TimePoint next = TimePoint::max();
  if (!peer.outlet.takes_rtcp()) return next;
  for (const auto& entry : peer.receiver.entries()) {
    if (entry->ssrc == 0) continue;
    std::array<uint16_t, kMaxNacks> missing;
    const size_t count = entry->stream.collect_nacks(now, missing);
    const bool key_frame = entry->stream.take_key_frame_request(now) && entry->line.pli;
    next = std::min(next, entry->stream.next_nack());
    if (count == 0 && !key_frame) continue;
    entry->nacks += count > 0 ? 1 : 0;
    entry->plis += key_frame ? 1 : 0;
    peer.switchboard.counters().nacks_sent += count > 0 ? 1 : 0;
    peer.switchboard.counters().plis_sent += key_frame ? 1 : 0;
    Buffer buffer;
    RtcpWriter writer(MutableBytes(buffer).first(kMaxCompound));
    const FeedbackHead head{ssrc_, entry->ssrc};
    if (!peer.reduced_size) {  // then a report goes before all else (RFC 3550 section 6.1)
      writer.receiver_report(ssrc_, {});
      writer.cname({ssrc_, "kms"});
    }
    writer.nack(head, std::span(missing).first(count));
    if (key_frame) writer.pli(head);
    peer.outlet.send_rtcp(buffer, writer.size());
  }
  return next;
}

void PeerFeedback::tick(const Peer& peer, TimePoint now) {
  if (!peer.outlet.takes_rtcp()) return;
  ask(peer, now);
  if (transport_feedback_ && now >= next_transport_feedback_) {
    next_transport_feedback_ = now + kTransportFeedbackInterval;
    send_transport_feedback(peer);
  }
  if (now < next_report_) return;
  next_report_ = now + kReportInterval;
  send_reports(peer, now);
}

void PeerFeedback::send_transport_feedback(const Peer& peer) {
  while (transport_feedback_->has_news()) {
    Buffer buffer;
    const auto size =
        transport_feedback_->write({ssrc_, media_ssrc_}, MutableBytes(buffer).first(kMaxCompound));
    if (size == 0) return;
    peer.outlet.send_rtcp(buffer, size);
  }
}

void PeerFeedback::send_reports(const Peer& peer, TimePoint now) {
  std::array<ReportBlock, kMaxBlocks> blocks;
  auto unsaid = std::span(blocks).first(report_blocks(peer, now, blocks));
  // Several senders may share a compound packet, but not all of a big meeting fit into one.
  Buffer buffer;
  std::optional<RtcpWriter> writer(MutableBytes(buffer).first(kMaxCompound));
  const auto send = [&] {
    if (writer->size() > 0) peer.outlet.send_rtcp(buffer, writer->size());
    writer.emplace(MutableBytes(buffer).first(kMaxCompound));
  };
  for (const auto& slot : peer.consumers.slots()) {
    SenderInfo info;
    if (!sender_report(peer, slot, now, &info)) continue;
    if (writer->size() + kReportRoom > kMaxCompound) send();
    writer->sender_report(info, std::exchange(unsaid, {}));
    writer->cname({info.ssrc, slot.source->cname()});
  }
  if (!unsaid.empty()) {
    writer->receiver_report(ssrc_, unsaid);
    writer->cname({ssrc_, "kms"});
  }
  send();
}

size_t PeerFeedback::report_blocks(const Peer& peer, TimePoint now, std::span<ReportBlock> out) const {
  size_t count = 0;
  for (const auto& entry : peer.receiver.entries()) {
    if (entry->ssrc == 0 || entry->stream.ended() || count == out.size()) continue;
    if (const auto block = entry->stream.statistics().report(entry->ssrc, now)) out[count++] = *block;
    ThreadCounters::add_loss(peer.switchboard.counters().lost_incoming, entry->stream.statistics().lost(),
                             entry->lost_noted);
  }
  return count;
}

// False while nothing has been sent.
bool PeerFeedback::sender_report(const Peer& peer, const PeerConsumers::Slot& slot, TimePoint now,
                                 SenderInfo* out) const {
  const auto* fanout = slot.consumer == 0 ? nullptr : peer.switchboard.fanout(slot.source->id());
  const auto* record = fanout ? fanout->find(slot.consumer) : nullptr;
  const bool started = record && record->first != ConsumerRecord::kNotStarted;
  const auto time = started && record->packets > 0 ? fanout->report_time(now) : std::nullopt;
  if (!time) return false;
  *out = {record->ssrc, time->ntp, time->rtp + record->timestamp_offset,
          static_cast<uint32_t>(record->packets), static_cast<uint32_t>(record->octets)};
  return true;
}

}  // namespace kms::rtc
