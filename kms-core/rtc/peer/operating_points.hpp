// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "kms-core/rtc/layer_wish.hpp"
#include "kms-core/rtc/peer/layer_choice.hpp"
#include "kms-core/rtc/source_track.hpp"

namespace kms::rtc {

// What a consumer may be sent of a track, the cheapest first: of the smallest layer that comes each number of
// temporal layers, once it is known what they take; of those above it all that the wish allows. So pictures
// are made rarer only where they cannot be made smaller.
struct OperatingPoints {
  struct Point {
    size_t encoding = 0;
    size_t layer = 0;  // as LayerWish counts
    LayerLimits limits = {};
  };

  // Of the encodings that are on offer, smallest first, one at least.
  static OperatingPoints of(std::span<const SourceRef> encodings, const LayerWish& wish, TimePoint now);

  // What `stream` says of layers, filled in for these points: what they are, and what the wish allows.
  void describe(LayerStream& stream, const LayerWish& wish) const;
  // The point of an encoding and limits; one of that encoding if there is none such any more.
  size_t find(size_t encoding, const LayerLimits& limits) const;

  std::array<Point, LayerStream::kMostLayers> all{};
  std::array<LayerStream::Layer, LayerStream::kMostLayers> rates{};
  size_t count = 0;

 private:
  void add(const Point& point, const LayerStream::Layer& rate);
  size_t last_up_to(size_t layer) const;
};

// What an encoding takes within the limits, bit/s.
double rate_of(const SourceTrack& source, const LayerLimits& limits, TimePoint now);

}  // namespace kms::rtc
