// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/steady_sound.hpp"

#include "kms-core/gst/elements.hpp"

namespace kms::gst {
namespace {

// Resamplers and encoders do not see gaps of up to 40 ms, and what follows would come too early. What was
// longer missing is left out: to fill it would give receivers, all at once, what comes too late for them.
constexpr GstClockTime kMostSilence = 60 * GST_MSECOND;

}  // namespace

void SteadySound::begin(const GstCaps* caps) {
  base_ = due();
  samples_ = 0;
  known_ = caps != nullptr && gst_audio_info_from_caps(&info_, caps) != FALSE &&
           GST_AUDIO_INFO_LAYOUT(&info_) == GST_AUDIO_LAYOUT_INTERLEAVED;
}

GstClockTime SteadySound::due() const {
  return known_ ? base_ + gst_util_uint64_scale(samples_, GST_SECOND, GST_AUDIO_INFO_RATE(&info_)) : base_;
}

Ref<GstBuffer> SteadySound::enter(Ref<GstBuffer> buffer) {
  if (!known_) return buffer;
  const auto frames = gst_buffer_get_size(buffer.get()) / GST_AUDIO_INFO_BPF(&info_);
  const auto length = gst_util_uint64_scale(frames, GST_SECOND, GST_AUDIO_INFO_RATE(&info_));
  const auto place = time_.next(GST_BUFFER_PTS(buffer.get()), length);
  if (!std::exchange(begun_, true)) base_ = place.begin;
  const bool moves_on = place.gap > kMostSilence;
  if (moves_on) {
    base_ = due() + place.gap;
    samples_ = 0;
  }
  const auto begin = due();
  const auto missing = moves_on ? 0 : place.gap;
  ahead_ = GST_CLOCK_DIFF(begin + missing, place.begin);
  if (missing > 0) buffer = fill(std::move(buffer), missing);
  buffer = Ref<GstBuffer>::adopt(gst_buffer_make_writable(buffer.release()));
  if (!moves_on) GST_BUFFER_FLAG_UNSET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_PTS(buffer.get()) = begin;
  samples_ += gst_buffer_get_size(buffer.get()) / GST_AUDIO_INFO_BPF(&info_);
  GST_BUFFER_DURATION(buffer.get()) = due() - begin;
  return buffer;
}

// In front of the sound, in one buffer with it.
Ref<GstBuffer> SteadySound::fill(Ref<GstBuffer> buffer, GstClockTime gap) {
  const auto frames = gst_util_uint64_scale_round(gap, GST_AUDIO_INFO_RATE(&info_), GST_SECOND);
  const auto size = frames * GST_AUDIO_INFO_BPF(&info_);
  auto* memory = gst_allocator_alloc(nullptr, size, nullptr);
  GstMapInfo map;
  gst_memory_map(memory, &map, GST_MAP_WRITE);
  gst_audio_format_info_fill_silence(info_.finfo, map.data, size);
  gst_memory_unmap(memory, &map);
  buffer = Ref<GstBuffer>::adopt(gst_buffer_make_writable(buffer.release()));
  gst_buffer_prepend_memory(buffer.get(), memory);
  return buffer;
}

void SteadySound::leave(Ref<GstBuffer>& buffer) const { shift_time(buffer, ahead_); }

}  // namespace kms::gst
