// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/push_source.hpp"

#include "kms-core/gst/elements.hpp"

namespace kms::gst {

std::shared_ptr<PushSource> PushSource::create(const std::string& name, Ref<GstCaps> caps, Work work) {
  struct Access : PushSource {
    Access(Ref<GstCaps> c, Work w) : PushSource(std::move(c), std::move(w)) {}
  };
  auto source = std::make_shared<Access>(std::move(caps), std::move(work));
  source->element_ = make_push_source_element(name, source);
  source->pad_ = Ref<GstPad>::adopt(gst_element_get_static_pad(source->element_, "src"));
  return source;
}

// Whoever comes second, start() or the pad, starts the task; GStreamer starts it once.
void PushSource::start() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  if (active_) start_push_source_task(pad_.get());
}

void PushSource::activate(GstPad* pad, bool active) {
  {
    const std::lock_guard lock(mutex_);
    active_ = active;
    if (active && wanted_) start_push_source_task(pad);
  }
  if (active) return;
  bell_->ring();
  gst_pad_stop_task(pad);
  begun_ = false;
  again_.reset();
}

void PushSource::loop(GstPad* pad) {
  if (active_) bell_->wait(again_);
  if (!active_) {
    gst_pad_pause_task(pad);
    return;
  }
  again_ = work_(*this);
}

void PushSource::begin_stream() {
  begun_ = true;
  gst_pad_push_event(pad_.get(), new_stream_start(GST_ELEMENT_NAME(element_), false));
  gst_pad_push_event(pad_.get(), gst_event_new_caps(caps_.get()));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
}

void PushSource::push(Ref<GstBuffer> buffer) {
  if (!begun_) begin_stream();
  gst_pad_push(pad_.get(), buffer.release());
}

void PushSource::push_event(GstEvent* event) {
  if (!begun_) begin_stream();
  gst_pad_push_event(pad_.get(), event);
}

}  // namespace kms::gst
