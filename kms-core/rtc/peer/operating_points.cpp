// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/operating_points.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

LayerCounters::Counts counts_of(const SourceTrack& source, TimePoint now) {
  return source.layers() ? source.layers()->counts(now) : LayerCounters::Counts{};
}

}  // namespace

double rate_of(const SourceTrack& source, const LayerLimits& limits, TimePoint now) {
  const auto counts = counts_of(source, now);
  const bool whole =
      limits.spatial + size_t{1} >= counts.spatial && limits.temporal + size_t{1} >= counts.temporal;
  return whole ? source.bps() : source.layers()->bps(limits);
}

OperatingPoints OperatingPoints::of(std::span<const SourceRef> encodings, const LayerWish& wish,
                                    TimePoint now) {
  OperatingPoints points;
  const bool several = encodings.size() > 1;
  const auto allowed = wish.limits(several);
  const size_t layers = several
                            ? encodings.size()
                            : std::min(counts_of(*encodings[0], now).spatial, allowed.spatial + size_t{1});
  bool smallest = true;  // none that comes is below it
  for (size_t layer = 0; layer < layers; ++layer) {
    const size_t encoding = several ? layer : 0;
    const auto& source = *encodings[encoding];
    const bool comes = source.comes(now);
    auto limits = allowed;
    if (layer + 1 < layers && !several) limits.spatial = static_cast<uint8_t>(layer);
    const size_t temporal = counts_of(source, now).temporal;
    for (size_t t = 0; smallest && comes && t + 1 < std::min(temporal, allowed.temporal + size_t{1}); ++t) {
      const LayerLimits fewer{limits.spatial, static_cast<uint8_t>(t)};
      const double bps = rate_of(source, fewer, now);
      if (bps > 0) points.add({encoding, layer, fewer}, {bps, true});
    }
    points.add({encoding, layer, limits}, {rate_of(source, limits, now), comes});
    smallest = smallest && !comes;
  }
  return points;
}

void OperatingPoints::add(const Point& point, const LayerStream::Layer& rate) {
  if (count == all.size()) return;
  all[count] = point;
  rates[count++] = rate;
}

size_t OperatingPoints::last_up_to(size_t layer) const {
  size_t last = 0;
  for (size_t i = 0; i < count; ++i) {
    if (all[i].layer <= layer) last = i;
  }
  return last;
}

void OperatingPoints::describe(LayerStream& stream, const LayerWish& wish) const {
  stream.layers = rates;
  stream.count = count;
  stream.preferred = last_up_to(wish.preferred);
  stream.most = last_up_to(wish.most);
}

size_t OperatingPoints::find(size_t encoding, const LayerLimits& limits) const {
  size_t found = count - 1;
  for (size_t i = count; i > 0; --i) {
    if (all[i - 1].encoding != encoding) continue;
    const auto& here = all[i - 1].limits;
    if (here == limits) return i - 1;
    const bool covers = here.spatial >= limits.spatial && here.temporal >= limits.temporal;
    if (covers || all[found].encoding != encoding) found = i - 1;
  }
  return found;
}

}  // namespace kms::rtc
