// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/outlet.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "kms-core/gst/elements.hpp"
#include "kms-core/gst/steady_sound.hpp"

namespace kms::gst {
namespace {

// Sound and raw pictures from before the target of a seek are dropped, but for what a decoder needs to settle
// (RFC 7845, 4.6: 80 ms for Opus), and what an encoder put before the beginning of the stream.
constexpr GstClockTimeDiff kPreroll = 100 * GST_MSECOND;

// Beyond any media: further away, sums would overflow.
constexpr GstClockTime kFar = GstClockTime{50} * 365 * 24 * 60 * 60 * GST_SECOND;

GstClockTimeDiff bounded(GstClockTime time) { return static_cast<GstClockTimeDiff>(std::min(time, kFar)); }

GstClockTimeDiff scaled(GstClockTimeDiff time, double factor) {
  return factor == 1.0 ? time : static_cast<GstClockTimeDiff>(static_cast<double>(time) * factor);
}

// Vorbis, Theora: the caps say the same, also to takers that come later.
bool is_bare_header(GstBuffer* buffer) {
  return GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER) && !GST_BUFFER_PTS_IS_VALID(buffer);
}

}  // namespace

std::shared_ptr<Outlet> Outlet::create(const std::string& name, std::shared_ptr<Pacer> pacer,
                                       std::shared_ptr<FanOut> fan_out) {
  struct Access : Outlet {
    Access(std::shared_ptr<Pacer> p, std::shared_ptr<FanOut> f) : Outlet(std::move(p), std::move(f)) {}
  };
  if (!fan_out) fan_out = std::make_shared<FanOut>();
  auto outlet = std::make_shared<Access>(std::move(pacer), std::move(fan_out));
  outlet->element_ = make_outlet_element(name, outlet);
  outlet->pad_ = Ref<GstPad>::adopt(gst_element_get_static_pad(outlet->element_, "sink"));
  outlet->fan_out_->on_key_unit_request([weak = std::weak_ptr<Outlet>(outlet)] {
    if (const auto self = weak.lock()) self->ask_for_key_unit();
  });
  return outlet;
}

Outlet::Outlet(std::shared_ptr<Pacer> pacer, std::shared_ptr<FanOut> fan_out)
    : fan_out_(std::move(fan_out)), pacer_(std::move(pacer)) {}

bool Outlet::send_upstream(GstEvent* event) { return gst_pad_push_event(pad_.get(), event) != FALSE; }

// No SSRC and no running time: after a decoder or a payloader they would be another stream's.
void Outlet::ask_for_key_unit() {
  send_upstream(gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

void Outlet::close() {
  closed_ = true;
  set_flushing(true);
}

void Outlet::set_flushing(bool flushing) {
  flushing_ = flushing;
  if (closed_) flushing_ = flushing = true;  // looked at afterwards: close() may come in between
  if (pacer_ && flushing) pacer_->wake();
  if (gate_ && flushing) gate_->wake();
  if (has_turn()) fan_out_->interrupt(flushing);
}

GstFlowReturn Outlet::chain(Ref<GstBuffer> buffer) {
  if (flushing_) return GST_FLOW_FLUSHING;
  if (pacer_) return let_go(std::move(buffer));
  shift_time(buffer, shift_);
  if (steady_) steady_->leave(buffer);
  if (hidden_ && hidden_->hold(GST_BUFFER_PTS(buffer.get()))) return GST_FLOW_OK;
  fan_out_->push(std::move(buffer));
  return GST_FLOW_OK;
}

// A buffer without time stamps goes with the one before.
Pacer::Moment Outlet::moment_of(GstBuffer* buffer) {
  const auto running = [this](GstClockTime stamp) { return bounded(stamp) + shift_; };
  const auto shown = GST_BUFFER_PTS_IS_VALID(buffer) ? GST_BUFFER_PTS(buffer) : GST_BUFFER_DTS(buffer);
  if (GST_CLOCK_TIME_IS_VALID(shown)) last_shown_ = running(shown);
  const auto due = GST_BUFFER_DTS_IS_VALID(buffer) ? running(GST_BUFFER_DTS(buffer)) : last_shown_;
  const bool decode_only = encoded_video_ && last_shown_ < 0;
  return {std::min(due, last_shown_), last_shown_, GST_BUFFER_DURATION(buffer), decode_only};
}

GstFlowReturn Outlet::let_go(Ref<GstBuffer> buffer) {
  if (is_bare_header(buffer.get())) return GST_FLOW_OK;
  if (begins_) note_beginning(buffer.get());
  if (gate_ && !gate_->pass(flushing_)) return GST_FLOW_FLUSHING;
  if (std::exchange(untold_, false)) tell_stream();
  buffer = Ref<GstBuffer>::adopt(gst_buffer_make_writable(buffer.release()));
  bring_to_speed(buffer.get());
  const auto moment = moment_of(buffer.get());
  if (moment.shown < -kPreroll && !encoded_video_) return GST_FLOW_OK;
  auto media = pacer_->wait(moment, flushing_);
  if (!media) return GST_FLOW_FLUSHING;
  if (pacer_->follows()) media = keep_apart(*media);
  if (retired_) return GST_FLOW_EOS;
  note_position(moment);
  if (mutes_ && speed_ != 1.0 && !encoded_video_) return GST_FLOW_OK;
  // From the key frame to the target of a seek: to be decoded, not to be shown.
  if (moment.decode_only) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DECODE_ONLY);
  shift_time(buffer, shift_ + static_cast<GstClockTimeDiff>(*media) - moment.shown);
  keep_decoding_order(buffer.get());
  fan_out_->push(std::move(buffer));
  return GST_FLOW_OK;
}

// Jitter buffers give one time to all of a burst, which parsers and containers take for none.
GstClockTime Outlet::keep_apart(GstClockTime media) {
  const bool same = media == last_media_ || (!encoded_video_ && media < last_apart_);
  last_media_ = media;
  return last_apart_ = same ? last_apart_ + GST_MSECOND : media;
}

// Time stamps and duration as they are at a speed of 1 from the segment's start on. What comes before it is
// not shown.
void Outlet::bring_to_speed(GstBuffer* buffer) const {
  const auto bring = [this](GstClockTime& stamp) {
    if (!GST_CLOCK_TIME_IS_VALID(stamp)) return;
    stamp = std::min(stamp, kFar);
    const auto from_start = bounded(stamp) - start_;
    if (from_start > 0) stamp = static_cast<GstClockTime>(start_ + scaled(from_start, 1 / rate_));
  };
  bring(GST_BUFFER_PTS(buffer));
  bring(GST_BUFFER_DTS(buffer));
  auto& duration = GST_BUFFER_DURATION(buffer);
  if (rate_ == 1.0 || !GST_CLOCK_TIME_IS_VALID(duration)) return;
  duration = static_cast<GstClockTime>(scaled(bounded(duration), 1 / rate_));
}

// Where two pieces meet, decoding times would go back.
void Outlet::keep_decoding_order(GstBuffer* buffer) {
  if (!GST_BUFFER_DTS_IS_VALID(buffer)) return;
  if (GST_BUFFER_DTS(buffer) < last_dts_) GST_BUFFER_DTS(buffer) = last_dts_;
  last_dts_ = GST_BUFFER_DTS(buffer);
}

// Before anything is held up: who waits for his turn may be sought in.
void Outlet::note_beginning(GstBuffer* buffer) {
  const auto stamp = GST_BUFFER_PTS_IS_VALID(buffer) ? GST_BUFFER_PTS(buffer) : GST_BUFFER_DTS(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(stamp)) return;
  begins_ = false;
  first_ = stream_time(bounded(stamp) + shift_);
}

GstClockTime Outlet::stream_time(GstClockTimeDiff shown) const {
  const auto at = scaled(std::max<GstClockTimeDiff>(shown, 0), speed_) + stream_shift_;
  return static_cast<GstClockTime>(std::max<GstClockTimeDiff>(at, 0));
}

void Outlet::note_position(const Pacer::Moment& moment) {
  const auto lasts = GST_CLOCK_TIME_IS_VALID(moment.duration) ? bounded(moment.duration) : 0;
  const auto length = static_cast<GstClockTime>(scaled(lasts, speed_));
  const auto position = stream_time(moment.shown);
  const auto before = end_.load();
  position_ = position;
  end_ = GST_CLOCK_TIME_IS_VALID(before) ? std::max(before, position + length) : position + length;
}

void Outlet::new_segment(GstEvent* event) {
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event, &segment);
  if (segment->format != GST_FORMAT_TIME) return;
  start_ = bounded(segment->start);
  rate_ = segment->rate > 0 ? segment->rate : 1.0;
  speed_ = rate_ * (segment->applied_rate > 0 ? segment->applied_rate : 1.0);
  shift_ = bounded(segment->base) - start_;
  stream_shift_ = bounded(segment->time) - scaled(bounded(segment->base), speed_);
}

void Outlet::new_caps(GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  caps_ = Ref<GstCaps>::share(caps);
  encoded_video_ = is_video(caps) && !is_raw(caps);
  tell_stream();
}

// A decoder that turns its pictures still hands the tag on.
void Outlet::tell_stream() {
  untold_ = !has_turn();
  if (untold_) return;
  fan_out_->stream({caps_, unpaced_, encoded_video_ ? orientation_ : std::string()});
}

void Outlet::new_orientation(GstEvent* event) {
  GstTagList* tags = nullptr;
  gchar* name = nullptr;
  gst_event_parse_tag(event, &tags);
  if (gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &name) == FALSE) return;
  const std::unique_ptr<gchar, decltype(&g_free)> owned(name, g_free);
  const std::string orientation = std::string_view(name) == "rotate-0" ? "" : name;
  if (orientation == orientation_) return;
  orientation_ = orientation;
  if (encoded_video_) tell_stream();
}

// What is missing of raw sound, its takers see by the time stamps.
void Outlet::gap(GstEvent* event) {
  if (!caps_ || encoded_video_ || is_raw(caps_.get())) return;
  GstClockTime time = 0;
  GstClockTime duration = 0;
  gst_event_parse_gap(event, &time, &duration);
  if (!GST_CLOCK_TIME_IS_VALID(duration) || pacer_) return;
  fan_out_->gap({time + static_cast<GstClockTime>(shift_), duration});
}

void Outlet::end_of_stream() {
  ended_ = true;
  if (on_end_) on_end_();
  if (!hold_end_ && has_turn()) fan_out_->end();
}

void Outlet::flushed() {
  begins_ = false;
  ended_ = false;
  position_ = GST_CLOCK_TIME_NONE;
  end_ = GST_CLOCK_TIME_NONE;
  if (pacer_ && has_turn()) pacer_->restart();
  set_flushing(false);
}

void Outlet::event(GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
      unpaced_ = pacer_ ? pacer_->unpaced() : says_unpaced(event);
      break;
    case GST_EVENT_CAPS:
      return new_caps(event);
    case GST_EVENT_SEGMENT:
      return new_segment(event);
    case GST_EVENT_TAG:
      return new_orientation(event);
    case GST_EVENT_GAP:
      return gap(event);
    case GST_EVENT_EOS:
      return end_of_stream();
    case GST_EVENT_FLUSH_START:
      return set_flushing(true);
    case GST_EVENT_FLUSH_STOP:
      return flushed();
    default:
      break;
  }
}

}  // namespace kms::gst
