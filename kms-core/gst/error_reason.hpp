// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include "kms-core/base/status.hpp"

namespace kms::gst {

// What a GStreamer error message means in our words: NOT_FOUND, UNREADABLE, NO_SPACE, NOT_MEDIA, TRUNCATED,
// CODEC_UNSUPPORTED, WRITE_FAILED, MEDIA_ERROR.
Status status_of(GstMessage* error_message);

}  // namespace kms::gst
