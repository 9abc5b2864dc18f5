// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace kms::gst {

// Starts GStreamer for this process and registers the elements of kms. Once, before anything else here; a
// second call does nothing.
void init();

}  // namespace kms::gst
