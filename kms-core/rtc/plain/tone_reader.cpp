// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/tone_reader.hpp"

#include <algorithm>
#include <utility>

namespace kms::rtc {

std::chrono::milliseconds ToneReader::length() const {
  return std::chrono::milliseconds(uint64_t{running_->duration} * 1000 / clock_rate_);
}

std::optional<Tone> ToneReader::tell() {
  if (!running_ || std::exchange(running_->told, true)) return std::nullopt;
  const auto name = tone_of(running_->code);
  return name ? std::optional(Tone{*name, length()}) : std::nullopt;
}

// Only the last of a former event's packets may still come after another has begun: they are known by their
// time stamp, which is not after the new one's.
std::optional<Tone> ToneReader::on_packet(Bytes payload, uint32_t timestamp, TimePoint now) {
  const auto event = ToneEvent::parse(payload);
  if (!event) return std::nullopt;
  std::optional<Tone> former;
  const bool same = running_ && running_->timestamp == timestamp && running_->code == event->code;
  if (!same) {
    if (running_ && static_cast<int32_t>(timestamp - running_->timestamp) < 0 &&
        now - running_->heard < kSilence) {
      return std::nullopt;
    }
    former = tell();
    running_ = Running{event->code, timestamp, 0, now, false};
  }
  running_->duration = std::max(running_->duration, event->duration);
  running_->heard = now;
  if (!event->end && length() < kLongest) return former;
  const auto ended = tell();
  return former ? former : ended;
}

std::optional<Tone> ToneReader::on_timer(TimePoint now) {
  if (!running_ || now - running_->heard < kSilence) return std::nullopt;
  return tell();
}

}  // namespace kms::rtc
