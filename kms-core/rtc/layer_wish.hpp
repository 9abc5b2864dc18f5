// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace kms::rtc {

// Which encoding of a simulcast track a consumer gets. Layers are the encodings in the order of their rates,
// counted from 0, the smallest.
struct LayerWish {
  static constexpr size_t kLargest = 255;
  // Is got as long as the way to the peer bears it (PeerStatistics::available_outgoing_bps); else a smaller
  // one, or a larger one while nothing smaller comes.
  size_t preferred = kLargest;
  size_t most = kLargest;  // none above it is got
  // Among the tracks of one peer: where not all can have what they want, those of a greater one come first.
  uint32_t priority = 0;
  bool paused = false;  // nothing is sent
};

}  // namespace kms::rtc
