// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kms-core/rtc/rtp/layer_marks.hpp"

namespace kms::rtc {

// What a consumer gets of a track that has layers. Those that are counted here, from 0, the smallest, are the
// encodings of a simulcast track in the order of their rates, or else the spatial layers of its one encoding.
struct LayerWish {
  static constexpr size_t kLargest = 255;
  // Is got as long as the way to the peer bears it (PeerStatistics::available_outgoing_bps); else a smaller
  // one, or a larger one while nothing smaller comes.
  size_t preferred = kLargest;
  size_t most = kLargest;  // none above it is got
  // No pictures of a temporal layer above it are got.
  size_t most_temporal = kLargest;
  // Among the tracks of one peer: where not all can have what they want, those of a greater one come first.
  uint32_t priority = 0;
  bool paused = false;  // nothing is sent

  // Of an encoding, where that is one of several or the only one.
  LayerLimits limits(bool one_of_several) const {
    const size_t spatial = one_of_several ? kLargest : std::min(preferred, most);
    return {static_cast<uint8_t>(std::min(spatial, kLargest)),
            static_cast<uint8_t>(std::min(most_temporal, kLargest))};
  }
};

}  // namespace kms::rtc
