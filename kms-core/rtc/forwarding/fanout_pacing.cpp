// SPDX-License-Identifier: Apache-2.0
// The part of Fanout that lets consumers wait for room on their peer's way. What waits is in the ring: a
// consumer has but a cursor.
#include <algorithm>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/forwarding/fanout.hpp"

namespace kms::rtc {
namespace {

// Of what has waited too long, at once; the rest follows with the next call.
constexpr size_t kMostInAHurry = 64;

}  // namespace

// Pictures that a peer reports on, while its bottleneck is known.
bool Fanout::is_paced(const ConsumerRecord& record) const {
  return waiting_ && record.transport_id != 0 && record.target->estimator->paces();
}

bool Fanout::waits(ConsumerId id) const {
  const auto* record = find(id);
  return record && record->waits;
}

void Fanout::wait_at(ConsumerRecord& record, uint64_t index) {
  record.cursor = index;
  ++behind_;
  wait(record);
}

void Fanout::wait(ConsumerRecord& record) {
  record.waits = true;
  record.waits_since = sender_.now();
  waiting_->add(*this, record.id, *record.target->estimator, end_);
}

// It is where all are, or sends nothing any more.
void Fanout::end_cursor(ConsumerRecord& record) {
  if (record.cursor == ConsumerRecord::kNotStarted) return;
  record.cursor = ConsumerRecord::kNotStarted;
  --behind_;
}

// Its part of what is sent now. Late ones go at once, or lie in the ring where the cursor will pass.
void Fanout::send_paced(ConsumerRecord& record, std::span<const PacketRef> packets) {
  auto& estimator = *record.target->estimator;
  for (const auto& packet : packets) {
    const bool goes_out = record.first != ConsumerRecord::kNotStarted || packet->starts_key_frame;
    const bool free = record.cursor == ConsumerRecord::kNotStarted;
    const bool has_room = !estimator.pacer().is_waited_for() && estimator.has_room(sender_.now());
    if (free && goes_out && !packet->late && !has_room) wait_at(record, packet->index);
    if (packet->index < record.cursor) send_to(record, packet);
  }
}

// To one that is behind.
void Fanout::send_late_ones(ConsumerRecord& record, std::span<const PacketRef> packets) {
  for (const auto& packet : packets) {
    if (packet->index < record.cursor && record.first != ConsumerRecord::kNotStarted) send_to(record, packet);
  }
}

// Where the source has begun anew, what waits of its former packets goes out first: the cursor would have to
// count through all that lies between.
bool Fanout::is_behind(ConsumerRecord& record, const Packet& next) {
  if (record.cursor == ConsumerRecord::kNotStarted) return false;
  const auto until = record.cursor + options_.ring_packets;
  if (next.index < until) return true;
  for (; record.cursor < until; ++record.cursor) {
    if (const auto& packet = ring_.find(record.cursor)) send_to(record, packet);
  }
  stop_waiting(record);
  return false;
}

void Fanout::stop_waiting(ConsumerRecord& record) {
  if (record.waits) waiting_->remove(*this, record.id);
  record.waits = false;
  end_cursor(record);
}

// It goes without room: before it leaves the ring, or its picture is late.
bool Fanout::is_in_a_hurry(const ConsumerRecord& record, const Packet& packet, TimePoint now) const {
  const bool old = now - std::max(packet.arrived, record.waits_since) >= Pacer::kLongestWait;
  return old || end_ - record.cursor > options_.ring_packets / 2 || !record.target->estimator->paces();
}

bool Fanout::send_waiting(ConsumerId id, uint64_t until, TimePoint now) {
  auto& record = *get(id);
  auto& estimator = *record.target->estimator;
  size_t hurried = 0;
  for (; record.target->open && record.cursor < until; ++record.cursor) {
    const auto& packet = ring_.find(record.cursor);
    if (!packet) continue;
    if (is_in_a_hurry(record, *packet, now)) {
      if (++hurried > kMostInAHurry) return false;
    } else if (!estimator.has_room(now)) {
      return false;
    }
    send_waited(record, packet);
  }
  record.waits = record.target->open && record.cursor < end_;
  if (!record.waits) end_cursor(record);
  return true;
}

void Fanout::send_waited(ConsumerRecord& record, const PacketRef& packet) {
  const auto sent = record.packets;
  send_to(record, packet);
  if (record.packets != sent)
    record.send_delay += sender_.now() - std::max(packet->arrived, record.waits_since);
}

// The source's index behind the frame that the consumer is in the middle of; 0: its rest is not here.
uint64_t Fanout::frame_end(const ConsumerRecord& record) const {
  for (auto index = record.cursor - 1; index < end_; ++index) {
    const auto& packet = ring_.find(index);
    if (packet && packet->marker) return index + 1;
  }
  return 0;
}

bool Fanout::may_end(ConsumerId id, TimePoint now) const {
  const auto* record = find(id);
  return record && record->waits ? frame_end(*record) != 0 : !is_mid_frame(now);
}

void Fanout::finish_frame(ConsumerId id) {
  auto* record = get(id);
  if (!record || !record->waits) return;
  for (const auto end = frame_end(*record); record->cursor < end; ++record->cursor) {
    if (const auto& packet = ring_.find(record->cursor)) send_waited(*record, packet);
  }
}

}  // namespace kms::rtc
