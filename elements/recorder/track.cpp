// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/track.hpp"

#include <utility>

namespace kms::recorder {
namespace {

// A live source's media that waits while a disk hesitates, or the other track is silent.
constexpr uint32_t kPatienceFrames = 4096;
constexpr uint64_t kPatienceBytes = 64U << 20;

}  // namespace

// Vorbis and Theora begin with headers that are buffers, but no frames.
void Track::Counted::count(GstBuffer* buffer) {
  if (has_headers && GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER)) return;
  frames.fetch_add(1, std::memory_order_relaxed);
  const auto time = GST_BUFFER_PTS(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(time) || time < last) return;
  const auto duration = GST_BUFFER_DURATION(buffer);
  const auto since_last = last == 0 ? 0 : time - last;
  length = GST_CLOCK_TIME_IS_VALID(duration) ? duration : since_last;
  last = time;
}

Track::Track(const std::string& name, graph::MediaKind kind, const std::shared_ptr<gst::InletGroup>& group)
    : name_(name),
      kind_(kind),
      inlet_(gst::Inlet::create(name, group)),
      element_(gst::Ref<GstElement>::sink(inlet_->element())) {
  inlet_->set_patience(kPatienceFrames, kPatienceBytes);
  inlet_->set_rising();
  inlet_->hold_end();
}

void Track::set_handlers(Handlers handlers) {
  inlet_->on_stream([counted = counted_, tell = std::move(handlers.on_stream)](const gst::StreamInfo& info) {
    counted->has_headers = gst::starts_with_headers(info.caps.get());
    tell(info);
  });
  inlet_->on_arrival(std::move(handlers.on_arrival));
  inlet_->on_end(std::move(handlers.on_end));
  // The first buffer, not on_active(): that one is for the session, which tells MediaFlowing by it.
  inlet_->on_buffer(
      [counted = counted_, tell = std::move(handlers.on_writing), first = true](GstBuffer* buffer) mutable {
        if (std::exchange(first, false)) tell();
        counted->count(buffer);
        return true;
      });
}

graph::SinkPort Track::port(const graph::Formats& accepts) const { return {name_, kind_, accepts, inlet_}; }

bool Track::piles_up() const {
  const auto waits = inlet_->stats();
  return !stream.unpaced &&
         (waits.queue_frames > kPatienceFrames / 2 || waits.queue_bytes > kPatienceBytes / 2);
}

gst::FileMuxer::Track Track::plan() const {
  const auto head = inlet_->head();
  return {inlet_, stream, is_video(), head && head->decoding_time};
}

GstClockTime Track::end() const { return counted_->last + counted_->length; }

}  // namespace kms::recorder
