// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

namespace kms::gst {

// Whether a demuxer in `bin` that reads its input by itself has stopped doing so, and nobody there reads
// instead. Any thread.
bool has_paused_demuxer(GstBin* bin);

}  // namespace kms::gst
