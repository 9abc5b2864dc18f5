// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

namespace kms::graph {

// How often something may happen: `per_second` on average, twice that at once. One thread at a time.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit TokenBucket(double per_second) : rate_(per_second), tokens_(2 * per_second) {}

  // Takes `count` tokens, or none. A count beyond the bucket's size needs a full bucket and leaves a debt.
  bool take(double count, Time now) {
    const std::chrono::duration<double> passed = now - last_;
    tokens_ = std::min(2 * rate_, tokens_ + passed.count() * rate_);
    last_ = now;
    if (tokens_ < std::min(count, 2 * rate_)) return false;
    tokens_ -= count;
    return true;
  }

 private:
  const double rate_;
  double tokens_;
  Time last_{};
};

}  // namespace kms::graph
