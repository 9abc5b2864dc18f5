// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace kms::rtc::loadtest {

// Below kSteps each value has a bucket of its own; above, the leading bits below the highest one choose it.
size_t Histogram::bucket_of(uint64_t us) {
  if (us < kSteps) return us;
  const auto shift = static_cast<size_t>(std::bit_width(us) - 1 - kStepBits);
  const auto step = (us >> shift) - kSteps;
  return std::min((shift + 1) * kSteps + step, kSteps * kPowers - 1);
}

uint64_t Histogram::upper_end_of(size_t bucket) {
  if (bucket < kSteps) return bucket;
  const auto shift = bucket / kSteps - 1;
  return ((kSteps + bucket % kSteps + 1) << shift) - 1;
}

void Histogram::add(Duration value) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
  const auto whole = static_cast<uint64_t>(std::max<int64_t>(us, 1));
  ++buckets_[bucket_of(whole)];
  ++count_;
  max_ms_ = std::max(max_ms_, static_cast<double>(whole) / 1000);
}

void Histogram::add(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ms_ = std::max(max_ms_, other.max_ms_);
}

double Histogram::percentile_ms(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max(1.0, std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  size_t bucket = 0;
  while (bucket + 1 < buckets_.size() && static_cast<double>(seen += buckets_[bucket]) < wanted) ++bucket;
  return std::min(static_cast<double>(upper_end_of(bucket)) / 1000, max_ms_);
}

}  // namespace kms::rtc::loadtest
