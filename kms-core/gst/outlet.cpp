// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/outlet.hpp"

#include <gst/video/video.h>

#include "kms-core/gst/elements.hpp"

namespace kms::gst {

std::shared_ptr<Outlet> Outlet::create(const std::string& name, std::shared_ptr<Pacer> pacer) {
  struct Access : Outlet {
    explicit Access(std::shared_ptr<Pacer> p) : Outlet(std::move(p)) {}
  };
  auto outlet = std::make_shared<Access>(std::move(pacer));
  outlet->element_ = make_outlet_element(name, outlet);
  outlet->pad_ = Ref<GstPad>::adopt(gst_element_get_static_pad(outlet->element_, "sink"));
  outlet->fan_out_->on_key_unit_request([weak = std::weak_ptr<Outlet>(outlet)] {
    if (const auto self = weak.lock()) self->ask_for_key_unit();
  });
  return outlet;
}

Outlet::Outlet(std::shared_ptr<Pacer> pacer) : pacer_(std::move(pacer)) {}

// No SSRC and no running time: after a decoder or a payloader they would be another stream's.
void Outlet::ask_for_key_unit() {
  auto* event = gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0);
  gst_pad_push_event(pad_.get(), event);
}

void Outlet::set_flushing(bool flushing) {
  flushing_ = flushing;
  if (pacer_ && flushing) pacer_->wake();
  fan_out_->interrupt(flushing);
}

GstFlowReturn Outlet::chain(Ref<GstBuffer> buffer) {
  if (flushing_) return GST_FLOW_FLUSHING;
  if (!pacer_) {
    shift_time(buffer, shift_);
    fan_out_->push(std::move(buffer));
    return GST_FLOW_OK;
  }
  const auto stamp = GST_BUFFER_DTS_OR_PTS(buffer.get());
  const auto pts = GST_BUFFER_PTS_IS_VALID(buffer.get()) ? GST_BUFFER_PTS(buffer.get()) : stamp;
  const auto running = GST_CLOCK_TIME_IS_VALID(pts) ? static_cast<GstClockTimeDiff>(pts) + shift_ : 0;
  const auto media = pacer_->wait(running, GST_BUFFER_DURATION(buffer.get()), flushing_);
  if (!media) return GST_FLOW_FLUSHING;
  if (running < 0) {  // from the key frame to the target of a seek: to be decoded, not to be shown
    buffer = Ref<GstBuffer>::adopt(gst_buffer_make_writable(buffer.release()));
    GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DECODE_ONLY);
  }
  shift_time(buffer, shift_ + static_cast<GstClockTimeDiff>(*media) - running);
  fan_out_->push(std::move(buffer));
  return GST_FLOW_OK;
}

void Outlet::new_segment(GstEvent* event) {
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event, &segment);
  if (segment->format != GST_FORMAT_TIME) return;
  shift_ = static_cast<GstClockTimeDiff>(segment->base) - static_cast<GstClockTimeDiff>(segment->start);
}

void Outlet::event(GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
      unpaced_ = pacer_ ? pacer_->unpaced() : says_unpaced(event);
      break;
    case GST_EVENT_CAPS: {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      fan_out_->stream({Ref<GstCaps>::share(caps), unpaced_});
      break;
    }
    case GST_EVENT_SEGMENT:
      new_segment(event);
      break;
    case GST_EVENT_EOS:
      if (on_end_) on_end_();
      if (!hold_end_) fan_out_->end();
      break;
    case GST_EVENT_FLUSH_START:
      set_flushing(true);
      break;
    case GST_EVENT_FLUSH_STOP:
      set_flushing(false);
      break;
    default:
      break;
  }
}

}  // namespace kms::gst
