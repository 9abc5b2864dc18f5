// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/tone_reader.hpp"

#include <algorithm>
#include <utility>

namespace kms::rtc {
namespace {

constexpr uint16_t kLongestSegment = 0xffff;

}  // namespace

std::chrono::milliseconds ToneReader::length() const {
  return std::chrono::milliseconds((running_->before + running_->duration) * 1000 / clock_rate_);
}

// The next segment of one that is longer than its field can say (RFC 4733 section 2.5.1.3).
bool ToneReader::is_next_segment(uint8_t code, uint32_t timestamp, TimePoint now) const {
  return running_ && running_->code == code && timestamp == running_->timestamp + kLongestSegment &&
         now - running_->heard < kSilence;
}

std::optional<Tone> ToneReader::tell(TimePoint now) {
  if (!running_ || std::exchange(running_->told, true)) return std::nullopt;
  const auto name = tone_of(running_->code);
  return name && pace_.take(now) ? std::optional(Tone{*name, length()}) : std::nullopt;
}

// Only the last of a former event's packets may still come after another has begun: they are known by their
// time stamp, which is not after the new one's.
std::optional<Tone> ToneReader::on_packet(Bytes payload, uint32_t timestamp, TimePoint now) {
  const auto event = ToneEvent::parse(payload);
  if (!event) return std::nullopt;
  std::optional<Tone> former;
  if (is_next_segment(event->code, timestamp, now)) {
    running_->before += kLongestSegment;
    running_->timestamp = timestamp;
    running_->duration = 0;
  }
  const bool same = running_ && running_->timestamp == timestamp && running_->code == event->code;
  if (!same) {
    if (running_ && static_cast<int32_t>(timestamp - running_->timestamp) < 0 &&
        now - running_->heard < kSilence) {
      return std::nullopt;
    }
    former = tell(now);
    running_ = Running{event->code, timestamp, 0, now, false};
  }
  running_->duration = std::max(running_->duration, event->duration);
  running_->heard = now;
  // Of two at once the second is told with its next packet, or by the timer.
  if (former || (!event->end && length() < kLongest)) return former;
  return tell(now);
}

std::optional<Tone> ToneReader::on_timer(TimePoint now) {
  if (!running_ || now - running_->heard < kSilence) return std::nullopt;
  return tell(now);
}

}  // namespace kms::rtc
