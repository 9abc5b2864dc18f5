// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "kms-core/rtc/rtp/layer_marks.hpp"
#include "kms-core/rtc/rtp/picture_size.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// What has come of each layer of a source of pictures: written by its RTC thread, read by any.
class LayerCounters {
 public:
  static constexpr size_t kSpatial = 4;  // what is above counts for the highest
  static constexpr size_t kTemporal = 4;
  struct Counts {
    size_t spatial = 1;
    size_t temporal = 1;
  };

  // How many layers came lately; one of each also of a source that has none.
  Counts counts(TimePoint now) const {
    Counts counts;
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (now - cells_[i].last.load(std::memory_order_relaxed) > kLately) continue;
      counts.spatial = std::max(counts.spatial, i / kTemporal + 1);
      counts.temporal = std::max(counts.temporal, i % kTemporal + 1);
    }
    return counts;
  }
  // Per second of late, of all layers within the limits; 0 at first.
  double bps(const LayerLimits& limits) const {
    double sum = 0;
    for (size_t i = 0; i < cells_.size(); ++i) {
      const bool within = i / kTemporal <= limits.spatial && i % kTemporal <= limits.temporal;
      if (within) sum += cells_[i].bps.load(std::memory_order_relaxed);
    }
    return sum;
  }

  // Of the pictures of a spatial layer, as the latest key picture says; zeros: not known.
  PictureSize size(size_t spatial) const {
    const auto both = sizes_[spatial].load(std::memory_order_relaxed);
    return {both >> 16, both & 0xffff};
  }

  // On the RTC thread.
  void set_sizes(const LayerSizes& sizes) {
    for (size_t i = 0; i < kSpatial; ++i) {
      const auto size = i < sizes.count ? sizes.all[i] : PictureSize{};
      sizes_[i].store(size.width << 16 | size.height, std::memory_order_relaxed);
    }
  }
  void add(const LayerMarks& marks, size_t payload, TimePoint arrived) {
    if (!marks.known) return;
    const auto spatial = std::min(size_t{marks.spatial}, kSpatial - 1);
    auto& cell = cells_[spatial * kTemporal + std::min(size_t{marks.temporal}, kTemporal - 1)];
    cell.bytes.store(cell.bytes.load(std::memory_order_relaxed) + payload, std::memory_order_relaxed);
    cell.last.store(arrived, std::memory_order_relaxed);
  }
  // Of so many seconds since the last time.
  void measure(double seconds) {
    for (auto& cell : cells_) {
      const auto bytes = cell.bytes.load(std::memory_order_relaxed);
      const double fresh = static_cast<double>(bytes - std::exchange(cell.measured, bytes)) * 8 / seconds;
      const double before = cell.bps.load(std::memory_order_relaxed);
      cell.bps.store(before == 0 ? fresh : (before + fresh) / 2, std::memory_order_relaxed);
    }
  }
  // What came until now is not measured.
  void skip_measure() {
    for (auto& cell : cells_) cell.measured = cell.bytes.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::chrono::milliseconds kLately{1500};
  struct Cell {
    std::atomic<uint64_t> bytes = 0;
    std::atomic<double> bps = 0;
    std::atomic<TimePoint> last{};
    uint64_t measured = 0;
  };
  std::array<Cell, kSpatial * kTemporal> cells_{};
  std::array<std::atomic<uint32_t>, kSpatial> sizes_{};  // width and height
};

}  // namespace kms::rtc
