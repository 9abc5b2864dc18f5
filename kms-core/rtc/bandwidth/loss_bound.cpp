// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/bandwidth/loss_bound.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr size_t kFewest = 50;  // packets: of fewer, chance says too much
constexpr Duration kShortest = std::chrono::milliseconds(300);
constexpr Duration kLongestLook = std::chrono::seconds(2);
constexpr double kMuch = 0.10;  // draft-ietf-rmcat-gcc-02 section 6
constexpr double kMoreThanUsual = 0.05;
constexpr double kMostUsual = 0.3;
constexpr double kGetUsedTo = 0.1;
constexpr double kForget = 0.5;

}  // namespace

double LossBound::update(size_t lost, size_t arrived, TimePoint now) {
  if (lost_ + arrived_ == 0) since_ = now;
  lost_ += lost;
  arrived_ += arrived;
  const size_t told = lost_ + arrived_;
  if (told == 0 || now - since_ < kShortest || (told < kFewest && now - since_ < kLongestLook)) return 1;
  loss_ = static_cast<double>(lost_) / static_cast<double>(told);
  lost_ = arrived_ = 0;
  return judge(loss_);
}

double LossBound::judge(double loss) {
  const bool much = loss > kMuch && loss > usual_ + kMoreThanUsual;
  usual_ += (loss > usual_ ? kGetUsedTo : kForget) * (loss - usual_);
  usual_ = std::min(usual_, kMostUsual);
  return much ? 1 - 0.5 * loss : 1;
}

}  // namespace kms::rtc
