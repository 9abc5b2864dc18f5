// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

class BatchSink;
class FrameSink;
class Inlet;
class Outlet;
class PushSource;
class RawSink;

// The GObject faces of the ends of a strip. Returned floating; each keeps its C++ object alive.
GstElement* make_inlet_element(const std::string& name, const std::shared_ptr<Inlet>& inlet);
GstElement* make_outlet_element(const std::string& name, const std::shared_ptr<Outlet>& outlet);
GstElement* make_push_source_element(const std::string& name, const std::shared_ptr<PushSource>& source);
GstElement* make_batch_sink_element(const std::string& name, const std::shared_ptr<BatchSink>& sink);
GstElement* make_frame_sink_element(const std::string& name, const std::shared_ptr<FrameSink>& sink);
GstElement* make_raw_sink_element(const std::string& name, const std::shared_ptr<RawSink>& sink);

void start_inlet_task(GstPad* pad);
void start_push_source_task(GstPad* pad);

// STREAM_START that also says whether the media is paced; survives decoders, filters and encoders.
GstEvent* new_stream_start(const char* id, bool unpaced);
bool says_unpaced(GstEvent* stream_start);

// Adds to both time stamps; the buffer's data is not copied.
void shift_time(Ref<GstBuffer>& buffer, GstClockTimeDiff shift);

}  // namespace kms::gst
