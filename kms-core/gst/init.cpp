// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/init.hpp"

#include <gst/gst.h>

#include <mutex>

#include "kms-core/gst/frame_filter.hpp"

namespace kms::gst {

void init() {
  static std::once_flag once;
  std::call_once(once, [] {
    gst_init(nullptr, nullptr);
    register_frame_filter();
  });
}

}  // namespace kms::gst
