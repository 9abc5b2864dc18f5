// SPDX-License-Identifier: Apache-2.0
// What an inlet's streaming thread does: from the queue downstream.
#include <fmt/format.h>

#include <algorithm>

#include "kms-core/gst/elements.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/steady_sound.hpp"

namespace kms::gst {

void Inlet::loop(GstPad* pad) {
  Item item;
  if (direct_) {
    deliver();
  } else if (next(item)) {
    return send(pad, item);
  }
  gst_pad_pause_task(pad);
}

// Whoever comes while another thread delivers leaves the work to that one.
void Inlet::deliver() {
  if (!direct_) return;
  {
    const Lock lock(group_->mutex_);
    if (delivering_ || !active_) return;
    delivering_ = true;
  }
  for (Item item; next_to_deliver(item);) send(pad_.get(), item);
}

bool Inlet::next_to_deliver(Item& item) {
  const Lock lock(group_->mutex_);
  if (active_ && !queue_.empty()) {
    take_front(item, lock);
    return true;
  }
  delivering_ = false;
  group_->room_.notify_all();
  return false;
}

void Inlet::send(GstPad* pad, Item& item) {
  if (auto* buffer = std::get_if<Ref<GstBuffer>>(&item)) {
    send_buffer(pad, std::move(*buffer));
  } else if (const auto* info = std::get_if<StreamInfo>(&item)) {
    send_stream(pad, *info);
  } else if (const auto* gap = std::get_if<Gap>(&item)) {
    send_gap(pad, *gap);
  } else if (auto* kept = std::get_if<Kept>(&item)) {
    send_kept(pad, std::move(*kept));
  } else {
    send_end(pad, std::get<End>(item).final);
  }
}

void Inlet::send_stream(GstPad* pad, const StreamInfo& info) {
  broken_ = false;
  sent_ = info;
  if (times_) times_->begin();
  if (steady_) steady_->begin(sent_.caps.get());
  if (!stream_sent_) return begin_stream(pad);
  gst_pad_push_event(pad, gst_event_new_caps(info.caps.get()));
  if (sent_.orientation != told_orientation_) send_orientation(pad);
}

void Inlet::begin_stream(GstPad* pad) {
  const auto id = fmt::format("{}-{}", GST_ELEMENT_NAME(element_), ++stream_number_);
  gst_pad_push_event(pad, new_stream_start(id.c_str(), sent_.unpaced));
  if (sent_.caps) gst_pad_push_event(pad, gst_event_new_caps(sent_.caps.get()));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(pad, gst_event_new_segment(&segment));
  stream_sent_ = true;
  if (!sent_.orientation.empty() || !told_orientation_.empty()) send_orientation(pad);
}

void Inlet::send_orientation(GstPad* pad) {
  told_orientation_ = sent_.orientation;
  const auto* name = told_orientation_.empty() ? "rotate-0" : told_orientation_.c_str();
  gst_pad_push_event(pad, gst_event_new_tag(gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, name, nullptr)));
}

void Inlet::send_gap(GstPad* pad, const Gap& gap) {
  if (broken_ || !stream_sent_) return;
  auto* event = gst_event_new_gap(gap.time, gap.duration);
  gst_event_set_gap_flags(event, GST_GAP_FLAG_MISSING_DATA);
  gst_pad_push_event(pad, event);
}

void Inlet::send_end(GstPad* pad, bool final) {
  if (final) {
    if (!stream_sent_) begin_stream(pad);  // an end without media: still a whole stream
    gst_pad_push_event(pad, gst_event_new_eos());
    stream_sent_ = false;
  }
  if (on_end_) on_end_();
}

// The last picture is what is to be seen until the next one comes.
void Inlet::send_kept(GstPad* pad, Kept kept) {
  for (size_t i = 0; i < kept.size(); ++i) {
    auto buffer = std::move(kept[i]);
    const bool hidden = catch_up_ == CatchUp::kHidden && i + 1 < kept.size();
    if (hidden) {
      buffer = Ref<GstBuffer>::adopt(gst_buffer_make_writable(buffer.release()));
      GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DECODE_ONLY);
    }
    send_buffer(pad, std::move(buffer));
  }
}

void Inlet::stamp(Ref<GstBuffer>& buffer) {
  const auto pts = GST_BUFFER_PTS(buffer.get());
  if (!sent_.unpaced && GST_CLOCK_TIME_IS_VALID(pts)) {
    const auto now = media_now();
    delay_us_.store(now > pts ? (now - pts) / GST_USECOND : 0, std::memory_order_relaxed);
  }
  if (times_) times_->raise(buffer, !may_reorder(sent_.caps.get()));
}

void Inlet::send_buffer(GstPad* pad, Ref<GstBuffer> buffer) {
  if (broken_) {
    count_dropped(1);
    return;
  }
  if (on_buffer_ && !on_buffer_(buffer.get())) {
    count_dropped(1);
    return;
  }
  if (!stream_sent_) begin_stream(pad);  // the source goes on after its end
  stamp(buffer);
  if (hidden_ && GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DECODE_ONLY)) {
    hidden_->add(GST_BUFFER_PTS(buffer.get()));
  }
  frames_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(gst_buffer_get_size(buffer.get()), std::memory_order_relaxed);
  if (resting_ && resting_.exchange(false)) {
    for (const auto& tell : on_active_) tell();
  }
  if (steady_) buffer = steady_->enter(std::move(buffer));
  const auto flow = gst_pad_push(pad, buffer.release());
  if (flow == GST_FLOW_OK || flow == GST_FLOW_FLUSHING) return;
  broken_ = true;
  // An element that fails says why on the bus; one that does not fit says nothing.
  if (flow == GST_FLOW_NOT_NEGOTIATED || flow == GST_FLOW_NOT_LINKED) {
    GST_ELEMENT_ERROR(element_, STREAM, FORMAT, ("The media's format is not taken here"),
                      ("%s", gst_flow_get_name(flow)));
  }
}

}  // namespace kms::gst
