// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/fanout.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/rtp/red.hpp"
#include "kms-core/rtc/wire/prefetch.hpp"

namespace kms::rtc {
namespace {

constexpr std::chrono::seconds kKeepTime{1};
constexpr std::chrono::seconds kRenewTime{1};
// A consumer may have this much sent again per second: a forged or broken receiver cannot multiply traffic.
constexpr uint32_t kResendsPerSecond = 300;
// More than this at once would overrun a receiver's link rather than help it: 0.5 s of 4 Mbit/s.
constexpr uint64_t kMostCaughtUp = 256;
// A source whose indices jump by more has begun anew (PeerReceiver); a receiver would lose count of the
// roll-overs.
constexpr int64_t kMaxJump = 0x4000;
static_assert(kMaxOutgoingHeader + Packet::kMaxPayload <= SendBatch::kMaxPacket);

size_t run_length(std::span<const PacketRef> packets) {
  const auto jumps = [](const PacketRef& a, const PacketRef& b) {
    return static_cast<int64_t>(b->index - a->index) > kMaxJump;
  };
  const auto last = std::adjacent_find(packets.begin(), packets.end(), jumps);
  return last == packets.end() ? packets.size() : static_cast<size_t>(last - packets.begin()) + 1;
}

}  // namespace

Fanout::Fanout(SealedSender& sender, const FanoutOptions& options, WaitingConsumers* waiting)
    : sender_(sender), waiting_(waiting), options_(options), ring_(options.ring_packets) {}

void Fanout::add(ConsumerId id, const ConsumerSettings& settings) {
  if (waiting_) waiting_->join();
  slots_[id] = records_.size();
  records_.push_back(make_record(id, settings));
  auto& record = records_.back();
  record.resend_credit = kResendsPerSecond;
  // What is repaired on its own SSRC has to be the same bytes again (see Packet), which rules out a number of
  // its own. Sound is not repaired.
  const bool repaired_as_it_is = options_.video && record.rtx_ssrc == 0;
  if (repaired_as_it_is || !record.target->estimator) record.transport_id = 0;
  set_layers(id, settings.layers);
}

SendPosition Fanout::remove(ConsumerId id) {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return {};
  const size_t slot = found->second;
  pause(records_[slot]);
  stop_waiting(records_[slot]);
  if (waiting_) waiting_->leave();
  tell(records_[slot]);
  const auto& record = records_[slot];
  const SendPosition position{record.next,    record.next_rtx, record.last_timestamp, record.last_sent_at,
                              record.packets, record.octets,   record.last_picture,   record.send_delay};
  slots_.erase(found);
  if (slot + 1 != records_.size()) {
    records_[slot] = std::move(records_.back());
    slots_[records_[slot].id] = slot;
  }
  records_.pop_back();
  return position;
}

void Fanout::rename(ConsumerId id, ConsumerId to, std::shared_ptr<ConsumerCounters> counters) {
  auto* record = get(id);
  if (!record) return;
  tell(*record);
  if (record->waits) waiting_->rename(*this, id, to);
  record->id = to;
  record->counters = std::move(counters);
  slots_[to] = static_cast<size_t>(record - records_.data());
  slots_.erase(id);
}

// Whether the rest of a frame is expected.
bool Fanout::is_mid_frame(TimePoint now) const {
  return options_.video && !last_marker_ && now - last_arrived_ < kLongestFrame;
}

const ConsumerRecord* Fanout::find(ConsumerId id) const {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : &records_[found->second];
}

ConsumerRecord* Fanout::get(ConsumerId id) { return const_cast<ConsumerRecord*>(find(id)); }

void Fanout::set_layers(ConsumerId id, const LayerLimits& limits) {
  auto* record = get(id);
  const bool has_layers = options_.codec == Codec::kVp8 || options_.codec == Codec::kVp9;
  if (!record || !has_layers || (!record->thinner && limits == LayerLimits{})) return;
  if (!record->thinner) {
    record->thinner = std::make_unique<LayerThinner>(options_.codec);
    if (record->first != ConsumerRecord::kNotStarted) {
      record->thinner->go_on({record->first, record->offset, record->pictures},
                             record->next - record->offset);
    }
  }
  record->thinner->want(limits);
}

bool Fanout::needs_key_frame(TimePoint now) const {
  return options_.video && std::any_of(records_.begin(), records_.end(), [now](const ConsumerRecord& record) {
           if (!record.target->open) return false;
           const bool has_begun = record.first != ConsumerRecord::kNotStarted;
           const bool waits = !has_begun && record.cursor == ConsumerRecord::kNotStarted;
           return waits || (record.thinner && record.thinner->needs_key_frame(now));
         });
}

void Fanout::on_packets(std::span<const PacketRef> packets) {
  for (const auto& packet : packets) keep(packet);
  send(packets);
}

void Fanout::keep(const PacketRef& packet) {
  ring_.put(packet);
  end_ = std::max(end_, packet->index + 1);
  if (!packet->starts_key_frame || packet->late) return;
  // Parameter sets, and the picture behind them, each look like the beginning.
  const bool goes_on = key_frame_start_ && key_frame_start_->timestamp == packet->timestamp;
  if (!goes_on) key_frame_start_ = packet;
}

bool Fanout::can_catch_up(TimePoint now) const {
  if (!key_frame_start_) return false;
  const bool young = now - key_frame_start_->arrived <= KeyFrameRequest::kInterval;
  const uint64_t begin = key_frame_start_->index;
  const bool few = end_ - begin <= kMostCaughtUp;
  return (options_.keeps_key_frame || (young && few)) && has_all_from(begin);
}

bool Fanout::catch_up(ConsumerId id, TimePoint now) {
  auto* record = get(id);
  if (!record || record->first != ConsumerRecord::kNotStarted || !record->target->open) return false;
  if (record->before) return take_over(*record, now);
  if (!can_catch_up(now)) return false;
  begin_with_what_was_kept(*record);
  go_on(*record);
  return true;
}

// Begins with a key frame that has come since, as soon as what was sent before can end. An older one would
// show again what has been seen, and put the time stamps ahead of the time that passes.
bool Fanout::take_over(ConsumerRecord& record, TimePoint now) {
  if (!can_catch_up(now) || !record.before->may_end(record.id, now)) return false;
  if (!options_.keeps_key_frame && key_frame_start_->arrived < record.told_to_end) return false;
  if (!end_predecessor(record)) return false;
  begin_with_what_was_kept(record);
  go_on(record);
  return true;
}

// False: it stays silent, since it does not know which indices of its SSRC have been used.
bool Fanout::end_predecessor(ConsumerRecord& record) {
  const auto position = record.before->end(record.id);
  if (!position) return false;
  record.before = nullptr;
  take_position(record, *position);
  return true;
}

void Fanout::begin_with_what_was_kept(ConsumerRecord& record) {
  const bool begins = record.cursor == ConsumerRecord::kNotStarted;
  if (!begins || !key_frame_start_ || !has_all_from(key_frame_start_->index)) return;
  record.cursor = key_frame_start_->index;
  ++behind_;
}

void Fanout::go_on(ConsumerRecord& record) {
  if (record.cursor == ConsumerRecord::kNotStarted || record.waits) return;
  is_paced(record) ? wait(record) : send_what_was_kept(record);
}

// What left the ring meanwhile leaves a gap, which the receiver sees.
void Fanout::send_what_was_kept(ConsumerRecord& record) {
  const auto until = std::min(end_, record.cursor + kMostCaughtUp);
  for (; record.cursor < until; ++record.cursor) {
    const auto& packet = ring_.find(record.cursor);
    if (packet) send_to(record, packet);
  }
  if (record.cursor == end_) end_cursor(record);
}

bool Fanout::has_all_from(uint64_t index) const {
  while (index < end_ && ring_.find(index)) ++index;
  return index == end_;
}

// In runs that end where the source begins anew: what follows joins on to what came before it.
void Fanout::send(std::span<const PacketRef> packets) {
  while (!packets.empty()) {
    const auto run = packets.first(run_length(packets));
    send_run(run);
    note_last(run);
    packets = packets.subspan(run.size());
  }
}

// What the next ones need is on its way while this one is sent to: a frame for many finds none of it in a
// cache.
void Fanout::fetch_ahead(size_t slot) const {
  if (slot + 2 < records_.size()) prefetch(records_[slot + 2].target, sizeof(SendTarget));
  if (slot + 1 >= records_.size()) return;
  if (const auto* estimator = records_[slot + 1].target->estimator) estimator->expect_sending();
}

void Fanout::send_run(std::span<const PacketRef> packets) {
  for (size_t i = 0; i < records_.size(); ++i) {
    auto& record = records_[i];
    fetch_ahead(i);
    if (!record.target->open) continue;
    if (record.before) {
      take_over(record, packets.back()->arrived);
      continue;
    }
    if (options_.keeps_key_frame && record.first == ConsumerRecord::kNotStarted)
      begin_with_what_was_kept(record);
    if (behind_ > 0 && is_behind(record, *packets.front())) {
      send_late_ones(record, packets);
    } else if (is_paced(record)) {
      send_paced(record, packets);
    } else {
      for (const auto& packet : packets) send_to(record, packet);
    }
  }
  if (behind_ == 0) return;
  for (auto& record : records_) {
    if (record.target->open) go_on(record);
  }
}

void Fanout::note_last(std::span<const PacketRef> packets) {
  const auto newest = std::find_if(packets.rbegin(), packets.rend(), [](const auto& p) { return !p->late; });
  if (newest == packets.rend()) return;
  const auto& packet = **newest;
  capture_ = {packet.timestamp, packet.captured};
  last_arrived_ = packet.arrived;
  last_marker_ = packet.marker;
  last_picture_ = PictureNumbers::of(options_.codec, packet.payload());
}

void Fanout::send_to(ConsumerRecord& record, const PacketRef& packet) {
  if (record.first != ConsumerRecord::kNotStarted) look_at_gap(record, *packet);
  if (packet->index < record.first && !start(record, *packet)) return;
  const auto as = take(record, *packet);
  if (!as) return;
  emit(record, packet, *as);
  record.next = std::max(record.next, as->index + 1);
  ++record.packets;
  const bool bare = takes_bare(record, *packet);
  if (!as->empty) record.octets += bare ? packet->media_size : packet->payload_size - packet->padding;
}

// Nothing: it is of a layer that the consumer is not sent.
std::optional<Outgoing> Fanout::take(ConsumerRecord& record, const Packet& packet) {
  if (!record.thinner) return sent_as(record, packet);
  const auto as = record.thinner->take(packet);
  record.offset = record.thinner->offset();
  return as;
}

void Fanout::look_at_gap(ConsumerRecord& record, const Packet& packet) {
  const auto gap = static_cast<int64_t>(packet.index + record.offset - record.next);
  if (packet.resumes && gap > 0) {
    record.first = packet.index;  // a straggler from before would get a number that was used already
    record.offset = record.next - packet.index;
  } else if (gap > kMaxJump) {
    pause(record);
  }
}

// Sent now or again, the same bytes: see Packet.
void Fanout::emit(const ConsumerRecord& record, const PacketRef& packet, const Outgoing& as) {
  auto* out = sender_.next_packet();
  const auto header = static_cast<uint16_t>(write_header(record, *packet, as, out));
  const OutgoingRtp rtp{as.index, record.ssrc, header};
  number(record, out, header + payload_for(record, *packet, as).size());
  const bool as_it_is = !as.pictures && !as.empty && !packet->is_red();
  if (as_it_is) return sender_.send(*record.target, rtp, packet);
  sender_.send_in_place(*record.target, rtp, write_payload(record, *packet, as, out + header));
}

void Fanout::number(const ConsumerRecord& record, uint8_t* header, size_t size) {
  if (record.transport_id == 0) return;
  const auto& target = *record.target;
  const size_t sealed = size + tag_size(target.key->profile());
  store_u16(header + kTransportSequenceAt, target.estimator->on_sent(sealed, sender_.now()));
}

// The blocks of RED are under the receiver's type for the codec, as its header is.
size_t Fanout::write_payload(const ConsumerRecord& record, const Packet& packet, const Outgoing& as,
                             uint8_t* out) const {
  const auto payload = payload_for(record, packet, as);
  std::memcpy(out, payload.data(), payload.size());
  if (as.empty) return payload.size();
  if (as.pictures) shift_pictures(options_.codec, as.pictures, {out, payload.size()});
  if (packet.is_red() && !takes_bare(record, packet)) rename_red({out, payload.size()}, record.payload_type);
  return payload.size();
}

// A decoder can begin only with a key frame; sound begins anywhere.
bool Fanout::start(ConsumerRecord& record, const Packet& packet) const {
  if (record.first != ConsumerRecord::kNotStarted) return false;
  if (options_.video && (!packet.starts_key_frame || packet.late)) return false;
  record.first = packet.index;
  record.offset = record.next - packet.index;
  record.timestamp_offset = 0;
  record.pictures = PictureNumbers::of(options_.codec, packet.payload()).shift_to_follow(record.last_picture);
  if (record.thinner) record.thinner->begin({record.first, record.offset, record.pictures});
  if (record.last_sent_at == TimePoint{}) return true;
  const auto passed = std::chrono::duration<double>(packet.arrived - record.last_sent_at).count();
  const auto ticks = static_cast<int64_t>(std::max(passed, 0.0) * options_.clock_rate);
  record.timestamp_offset =
      record.last_timestamp + std::max(static_cast<uint32_t>(ticks), 1u) - packet.timestamp;
  return true;
}

// The consumer's present source ends, or begins anew: what follows joins on to what it has seen.
void Fanout::pause(ConsumerRecord& record) {
  if (record.first == ConsumerRecord::kNotStarted) return;
  record.first = ConsumerRecord::kNotStarted;
  const auto& last = record.waits ? ring_.find(record.cursor - 1) : none_;
  record.last_timestamp = (last ? last->timestamp : capture_.timestamp) + record.timestamp_offset;
  record.last_sent_at = last ? last->arrived : last_arrived_;
  const auto thinned = record.thinner ? record.thinner->last_picture() : PictureNumbers{};
  const auto picture = last ? PictureNumbers::of(options_.codec, last->payload()) : last_picture_;
  record.last_picture = thinned.picture_id ? thinned : picture.moved(record.pictures);
}

void Fanout::tell(ConsumerRecord& record) {
  if (!record.counters || record.packets == record.told_packets) return;
  record.counters->add(record.packets - record.told_packets, record.octets - record.told_octets);
  record.told_packets = record.packets;
  record.told_octets = record.octets;
}

void Fanout::tick(TimePoint now) {
  auto oldest = now - kKeepTime;
  if (key_frame_start_ && options_.keeps_key_frame) {
    oldest = std::min(oldest, key_frame_start_->arrived);
  } else if (key_frame_start_ && now - key_frame_start_->arrived > KeyFrameRequest::kInterval) {
    key_frame_start_ = {};
  }
  for (const auto& record : records_) {
    const auto& next = record.waits ? ring_.find(record.cursor) : none_;
    if (next) oldest = std::min(oldest, next->arrived);
  }
  ring_.expire(oldest);
  for (auto& record : records_) {
    if (record.before && now - record.told_to_end > kLongestFarewell) end_predecessor(record);
    tell(record);
  }
  if (now - renewed_ < kRenewTime) return;
  renewed_ = now;
  for (auto& record : records_) record.resend_credit = kResendsPerSecond;
}

}  // namespace kms::rtc
