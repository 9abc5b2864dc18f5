// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/nack_generator.hpp"

#include <algorithm>

namespace kms::rtc {

bool NackGenerator::on_packet(uint16_t sequence, TimePoint now, bool repaired) {
  const bool first = !unwrapper_.started();
  const int64_t before = first ? 0 : unwrapper_.highest();
  const int64_t index = unwrapper_.unwrap(sequence);
  if (first) return false;
  if (index <= before) {
    remove(index, now, repaired);
    return false;
  }
  const auto gap = static_cast<size_t>(index - before - 1);
  if (missing_.size() + gap > kMaxMissing) {
    given_up_ += missing_.size() + gap;
    missing_.clear();
    return true;
  }
  for (int64_t lost = before + 1; lost < index; ++lost) missing_.push_back({lost, now, 0, now});
  return false;
}

void NackGenerator::remove(int64_t index, TimePoint now, bool repaired) {
  const auto found = std::ranges::lower_bound(missing_, index, {}, &Missing::index);
  if (found == missing_.end() || found->index != index) return;
  // The original may just be late: it says nothing of requests.
  if (repaired && found->tries > 0) note_answer(now - found->first_asked);
  missing_.erase(found);
}

// The median: most answers come to the first request.
void NackGenerator::note_answer(Duration took) {
  answers_[answered_++ % answers_.size()] = took;
  auto sorted = answers_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(answered_, sorted.size()));
  const auto middle = sorted.begin() + (end - sorted.begin()) / 2;
  std::nth_element(sorted.begin(), middle, end);
  answer_ = std::min(*middle, kLongestAnswer);
}

// A quarter more than an answer takes.
Duration NackGenerator::patience_after(int tries) const {
  const auto once = std::max(answer_ + answer_ / 4, kLeastInterval);
  return once * (1 << std::max(tries - kQuickTries, 0));
}

size_t NackGenerator::collect(TimePoint now, std::span<uint16_t> out) {
  given_up_ += std::erase_if(
      missing_, [now](const Missing& packet) { return packet.tries == kMaxTries && packet.ask_at <= now; });
  size_t count = 0;
  for (auto& packet : missing_) {
    if (count == out.size()) break;
    if (packet.ask_at > now) continue;
    out[count++] = static_cast<uint16_t>(packet.index);
    if (packet.tries++ == 0) packet.first_asked = now;
    packet.ask_at = now + patience_after(packet.tries);
  }
  return count;
}

TimePoint NackGenerator::deadline() const {
  const auto soonest = std::ranges::min_element(missing_, {}, &Missing::ask_at);
  return soonest == missing_.end() ? TimePoint::max() : soonest->ask_at;
}

}  // namespace kms::rtc
