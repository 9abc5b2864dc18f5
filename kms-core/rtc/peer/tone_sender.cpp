// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/tone_sender.hpp"

#include <algorithm>
#include <cstring>

namespace kms::rtc {
namespace {

constexpr size_t kHeader = 12;
constexpr uint16_t kLongestSegment = 0xffff;

uint32_t ticks_of(Duration duration, uint32_t clock_rate) {
  const std::chrono::duration<double> seconds = duration;
  return static_cast<uint32_t>(static_cast<int64_t>(seconds.count() * clock_rate));
}

}  // namespace

Status ToneSender::send(const ToneOptions& tones, TimePoint now) {
  if (const auto status = ToneScript::check(tones); !status.ok()) return status;
  if (!format_)
    return error(StatusCode::kFailedPrecondition, "NO_TELEPHONE_EVENT", "the peer takes no telephone events");
  if (script_.add(tones, now)) return ok();
  return error(StatusCode::kResourceExhausted, "TOO_MANY_TONES", "too many tones wait to be sent");
}

TimePoint ToneSender::run(const std::string& mid, TimePoint now) {
  while (const auto packet = script_.next(now)) {
    if (packet->first) begin(mid, packet->due);
    if (holds_) write(*packet);
    if (!script_.sounds()) finish(*packet);
  }
  return script_.due();
}

// A line that is on hold sends no tones; their time passes. Time stamps are those of the script, however late
// the thread is, and never before what was sent last.
void ToneSender::begin(const std::string& mid, TimePoint due) {
  auto* slot = format_ ? consumers_.reserve(mid) : nullptr;
  holds_ = slot != nullptr;
  if (!holds_) return;
  mid_ = mid;
  segments_ = 0;
  const auto& position = slot->position;
  began_ = std::max(due, position.sent_at);
  const bool fresh = position.sent_at == TimePoint{};
  timestamp_ =
      fresh ? slot->line.ssrc
            : position.timestamp + ticks_of(began_ - position.sent_at, clock_rate_of(slot->line.codec));
}

// What is longer than its field goes out in segments: one is told to be over, and the next goes on with the
// time stamp of its own beginning (RFC 4733 section 2.5.1.3).
void ToneSender::write(const ToneScript::Packet& packet) {
  if (!format_) return;
  const auto ticks = uint64_t(packet.duration.count()) * format_->clock_rate / 1000;
  for (; ticks > segments_ + kLongestSegment; segments_ += kLongestSegment) {
    send({packet.code, false, kLongestSegment}, false);
  }
  send({packet.code, packet.end, static_cast<uint16_t>(ticks - std::min(ticks, segments_))}, packet.first);
}

void ToneSender::send(const ToneEvent& event, bool marker) {
  auto* slot = consumers_.reserved(mid_);
  if (!slot || !target_.open) return;
  const uint64_t index = slot->position.next++;
  auto* out = sender_.next_packet();
  out[0] = 0x80;
  out[1] = static_cast<uint8_t>((marker ? 0x80 : 0) | format_->payload_type);
  store_u16(out + 2, static_cast<uint16_t>(index));
  store_u32(out + 4, timestamp_ + static_cast<uint32_t>(segments_));
  store_u32(out + 8, slot->line.ssrc);
  const auto payload = event.bytes();
  std::memcpy(out + kHeader, payload.data(), payload.size());
  sender_.send_in_place(target_, {index, slot->line.ssrc, kHeader}, payload.size());
  ++slot->position.packets;
  slot->position.octets += payload.size();
}

void ToneSender::finish(const ToneScript::Packet& last) {
  auto* slot = holds_ ? consumers_.reserved(mid_) : nullptr;
  holds_ = false;
  if (!slot) return;
  const auto ended = std::max<TimePoint>(last.due, began_ + last.duration);
  slot->position.timestamp = timestamp_ + ticks_of(ended - began_, clock_rate_of(slot->line.codec));
  slot->position.sent_at = ended;
  consumers_.release_reserved(*slot);
}

}  // namespace kms::rtc
