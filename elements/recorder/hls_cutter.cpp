// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_cutter.hpp"

#include <algorithm>
#include <utility>

namespace kms::recorder {
namespace {

// Times are rounded on their way: a key frame this much too early is in time.
constexpr int64_t kTolerance = 20'000'000;

}  // namespace

bool HlsCutter::ends_before(const Sample& sample) const {
  return begun_ && sample.track == main_ && sample.key &&
         sample.time - begin_ + kTolerance >= target_.count();
}

// What other tracks have from the key frame's time on goes into the new segment.
std::vector<HlsCutter::Piece> HlsCutter::cut(const std::vector<Sample>& samples) {
  std::vector<Piece> out(1);
  for (const auto& sample : samples) {
    if (ends_before(sample)) {
      auto& before = out.back();
      before.ends = std::chrono::nanoseconds(sample.time - begin_);
      const auto later =
          std::stable_partition(before.samples.begin(), before.samples.end(),
                                [&](const Sample& s) { return s.track == main_ || s.time < sample.time; });
      Piece next{{std::make_move_iterator(later), std::make_move_iterator(before.samples.end())}};
      before.samples.erase(later, before.samples.end());
      out.push_back(std::move(next));
      begun_ = false;
    }
    if (sample.track == main_ && !std::exchange(begun_, true)) begin_ = end_ = sample.time;
    if (sample.track == main_) end_ = std::max(end_, sample.time + sample.duration);
    out.back().samples.push_back(sample);
  }
  return out;
}

}  // namespace kms::recorder
