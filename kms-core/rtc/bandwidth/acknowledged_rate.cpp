// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/acknowledged_rate.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr double kBucketSeconds = 0.025;

size_t slot(int64_t bucket) { return static_cast<size_t>(bucket) % AcknowledgedRate::kBuckets; }

}  // namespace

void AcknowledgedRate::on_arrival(int64_t at, size_t bytes) {
  const int64_t bucket = at / kBucket;
  const auto reach = static_cast<int64_t>(kBuckets);
  if (!started_ || bucket > newest_ + 100 * reach || bucket < newest_ - 100 * reach) {
    *this = {};  // the receiver's clock jumped
    started_ = true;
    begin_ = newest_ = bucket;
  }
  if (bucket <= newest_ - reach) return;
  if (bucket > newest_) advance_to(bucket);
  bytes_[slot(bucket)] += static_cast<uint32_t>(bytes);
}

void AcknowledgedRate::advance_to(int64_t bucket) {
  const auto reach = static_cast<int64_t>(kBuckets);
  for (int64_t i = std::max(newest_ + 1, bucket - reach + 1); i <= bucket; ++i) bytes_[slot(i)] = 0;
  newest_ = bucket;
}

double AcknowledgedRate::bps(size_t buckets) const {
  if (newest_ - begin_ < static_cast<int64_t>(buckets)) return 0;
  double bytes = 0;
  for (size_t i = 1; i <= buckets; ++i) bytes += bytes_[slot(newest_ - static_cast<int64_t>(i))];
  return bytes * 8 / (static_cast<double>(buckets) * kBucketSeconds);
}

}  // namespace kms::rtc
