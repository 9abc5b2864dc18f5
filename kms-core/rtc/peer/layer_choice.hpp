// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kms::rtc {

// What one receiver could get of a track, and gets. Layers are counted from the smallest.
struct LayerStream {
  static constexpr size_t kMostLayers = 12;  // further ones are not looked at
  struct Layer {
    double bps = 0;      // 0: not known yet
    bool alive = false;  // comes at present
  };

  std::array<Layer, kMostLayers> layers{};
  size_t count = 0;
  size_t now = 0;         // the layer that it gets; 0 as well while it gets none
  size_t preferred = 0;   // is got where there is room
  size_t most = 0;        // what is above it is never got
  uint32_t priority = 0;  // the greater come first
  bool may_rise = true;
  bool stays = false;  // whatever is best
  size_t chosen = 0;
};

// Sets `chosen` of all streams so that together they fit what the receiver's way bears: all get their
// smallest layer, whatever that takes, and then in turn the next one, those of one priority all that they may
// before those of the next. A layer that is got already is kept
// until it is clearly too much, and one above only taken when there is clearly room, or a rate that is no
// more than an estimate would make pictures flicker. A layer that does not come is passed over; where none
// comes, nothing changes.
void choose_layers(std::span<LayerStream> streams, double available_bps);

}  // namespace kms::rtc
