// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/loudest_sources.hpp"

#include <algorithm>
#include <tuple>

namespace kms::rtc {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

bool LoudestSources::Candidate::is_heard(const AudioLevelMeter& meter, TimePoint now) {
  if (!has_seat()) seat_ = nullptr;
  if (!seat_) seat_ = group_->free_seat(id_, now);
  if (!seat_ && meter.speaks()) seat_ = group_->seat_of_another(id_, meter.loudness(), now);
  if (!seat_) return false;
  seat_->loudness.store(meter.loudness(), kRelaxed);
  if (meter.speaks()) seat_->spoke_at.store(now, kRelaxed);
  return true;
}

void LoudestSources::Candidate::leave() {
  if (!seat_) return;
  auto mine = id_;
  seat_->holder.compare_exchange_strong(mine, 0, kRelaxed);
  seat_ = nullptr;
}

// Of several who want it one gets it; the others try again with their next packets.
bool LoudestSources::take(Seat& seat, uint64_t from, uint64_t id, TimePoint now) {
  if (!seat.holder.compare_exchange_strong(from, id, kRelaxed)) return false;
  seat.since.store(now, kRelaxed);
  seat.spoke_at.store({}, kRelaxed);
  return true;
}

LoudestSources::Seat* LoudestSources::free_seat(uint64_t id, TimePoint now) {
  for (auto& seat : seats_) {
    if (seat.holder.load(kRelaxed) == 0 && take(seat, 0, id, now)) return &seat;
  }
  return nullptr;
}

LoudestSources::Seat* LoudestSources::seat_of_another(uint64_t id, float loudness, TimePoint now) {
  const auto is_silent = [&](const Seat& seat) { return now - seat.spoke_at.load(kRelaxed) >= kSilent; };
  // The silent ones come first, the one that has been so longest before all.
  const auto rank = [&](const Seat& seat) {
    const bool silent = is_silent(seat);
    return std::tuple(!silent, silent ? seat.spoke_at.load(kRelaxed) : TimePoint{},
                      silent ? 0.0F : seat.loudness.load(kRelaxed));
  };
  const auto weakest = std::ranges::min_element(seats_, {}, rank);
  if (weakest == seats_.end()) return nullptr;
  const auto holder = weakest->holder.load(kRelaxed);
  const bool had_its_term = now - weakest->since.load(kRelaxed) >= kTerm;
  const bool louder = loudness > kLouder * weakest->loudness.load(kRelaxed);
  if (!is_silent(*weakest) && !(had_its_term && louder)) return nullptr;
  return take(*weakest, holder, id, now) ? &*weakest : nullptr;
}

}  // namespace kms::rtc
