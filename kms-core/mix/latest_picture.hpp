// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <optional>

#include "kms-core/gst/ref.hpp"
#include "kms-core/mix/picture.hpp"

namespace kms::mix {

// The last picture that came of an input: its streaming thread puts, the mixer's thread gets, and neither
// waits for the other.
class LatestPicture {
 public:
  struct Shot {
    gst::Ref<GstBuffer> buffer;                // I420
    std::shared_ptr<const GstVideoInfo> info;  // of it
    Turn turn;
    GstClockTime came = 0;  // media clock

    // Of a shot that has a buffer.
    double pixel_aspect() const {
      return info->par_n > 0 && info->par_d > 0 ? 1.0 * info->par_n / info->par_d : 1;
    }
    double aspect() const {  // of the picture as it is seen
      const double lying = pixel_aspect() * info->width / info->height;
      return turn.swaps_sides() ? 1 / lying : lying;
    }
  };
  void put(Shot shot) {
    const std::lock_guard lock(mutex_);
    std::swap(shot_, shot);  // the former one is let go without the lock
  }
  // Without a buffer: none has come.
  Shot get() const {
    const std::lock_guard lock(mutex_);
    return shot_;
  }

 private:
  mutable std::mutex mutex_;
  Shot shot_;  // guarded by mutex_
};

}  // namespace kms::mix
