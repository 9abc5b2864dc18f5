// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/encoding_choice.hpp"

namespace kms::bridge {
namespace {

using Encoding = EncodingChoice::Encoding;

constexpr rtc::Duration kLate = std::chrono::seconds(2);
constexpr rtc::Duration kWait = std::chrono::seconds(4);
// A picture with this share of the pixels that are wanted is as good, whatever its shape.
constexpr double kSuffices = 0.8;

bool is_smaller(const Encoding& a, const Encoding& b) {
  return a.size.pixels() != b.size.pixels() ? a.size.pixels() < b.size.pixels() : a.bps < b.bps;
}

bool suffices(const Encoding& encoding, const rtc::PictureSize& wanted) {
  return wanted.pixels() > 0 &&
         static_cast<double>(encoding.size.pixels()) >= kSuffices * static_cast<double>(wanted.pixels());
}

// Of two that come, the better one.
bool is_better(const Encoding& a, const Encoding& b, const rtc::PictureSize& wanted) {
  if (suffices(a, wanted) != suffices(b, wanted)) return suffices(a, wanted);
  return suffices(a, wanted) ? is_smaller(a, b) : is_smaller(b, a);
}

}  // namespace

void EncodingChoice::note(std::span<const Encoding> encodings, size_t read, TimePoint now) {
  const bool goes_on = encodings[read].comes;
  if (!goes_on) rise_after_ = now + kWait;
  if (aim_ == read) aims_ = false;
  if (!aims_ || !goes_on || now - aimed_at_ < kLate) return;
  rise_after_ = now + kWait;
  aims_ = false;
}

size_t EncodingChoice::choose(std::span<const Encoding> encodings, size_t read,
                              const rtc::PictureSize& wanted, TimePoint now) {
  note(encodings, read, now);
  size_t best = read;
  for (size_t i = 0; i < encodings.size(); ++i) {
    const bool too_early =
        now < rise_after_ && encodings[read].comes && is_smaller(encodings[read], encodings[i]);
    if (!encodings[i].comes || too_early) continue;
    if (!encodings[best].comes || is_better(encodings[i], encodings[best], wanted)) best = i;
  }
  if (best != read && (!aims_ || best != aim_)) aimed_at_ = now;
  aims_ = best != read;
  aim_ = best;
  return best;
}

std::vector<bool> EncodingChoice::useful(std::span<const Encoding> encodings,
                                         const rtc::PictureSize& wanted) {
  size_t best = 0;
  for (size_t i = 1; i < encodings.size(); ++i) {
    if (is_better(encodings[i], encodings[best], wanted)) best = i;
  }
  std::vector<bool> useful;
  for (const auto& each : encodings) useful.push_back(!is_smaller(encodings[best], each));
  return useful;
}

}  // namespace kms::bridge
