// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>

#include "kms-core/base/status.hpp"

namespace kms::gst {

// Session descriptions as webrtcbin has them, without its headers: their package brings forty others (VTK,
// Open MPI) to compile against.

// The text of webrtcbin's property of that name; empty: it has none yet.
std::string webrtc_description(GstElement* webrtcbin, const char* property);
// Emits an action signal that takes a description. `promise` is consumed.
void emit_description(GstElement* webrtcbin, const char* signal, const std::string& answer,
                      GstPromise* promise);
// The same with the description in the reply of another promise.
void emit_offer(GstElement* webrtcbin, const char* signal, GstPromise* made, GstPromise* promise);

// A promise that calls `kept` with itself when it is replied to.
GstPromise* new_promise(std::function<void(GstPromise*)> kept);
// What webrtcbin replied: an error, or none. MEDIA_ERROR.
Status outcome_of(GstPromise* promise);

}  // namespace kms::gst
