// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/nack_generator.hpp"

#include <algorithm>

namespace kms::rtc {

bool NackGenerator::on_packet(uint16_t sequence, TimePoint now) {
  const bool first = !unwrapper_.started();
  const int64_t before = first ? 0 : unwrapper_.highest();
  const int64_t index = unwrapper_.unwrap(sequence);
  if (first) return false;
  if (index <= before) {
    remove(index);
    return false;
  }
  const auto gap = static_cast<size_t>(index - before - 1);
  if (missing_.size() + gap > kMaxMissing) {
    given_up_ += missing_.size() + gap;
    missing_.clear();
    return true;
  }
  for (int64_t lost = before + 1; lost < index; ++lost) missing_.push_back({lost, now, 0});
  return false;
}

void NackGenerator::remove(int64_t index) {
  const auto found = std::ranges::lower_bound(missing_, index, {}, &Missing::index);
  if (found != missing_.end() && found->index == index) missing_.erase(found);
}

size_t NackGenerator::collect(TimePoint now, Duration round_trip, std::span<uint16_t> out) {
  given_up_ += std::erase_if(
      missing_, [now](const Missing& packet) { return packet.tries == kMaxTries && packet.ask_at <= now; });
  size_t count = 0;
  for (auto& packet : missing_) {
    if (count == out.size()) break;
    if (packet.ask_at > now) continue;
    out[count++] = static_cast<uint16_t>(packet.index);
    ++packet.tries;
    packet.ask_at = now + std::max(round_trip, kLeastInterval);
  }
  return count;
}

TimePoint NackGenerator::deadline() const {
  const auto soonest = std::ranges::min_element(missing_, {}, &Missing::ask_at);
  return soonest == missing_.end() ? TimePoint::max() : soonest->ask_at;
}

}  // namespace kms::rtc
