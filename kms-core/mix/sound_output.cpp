// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/sound_output.hpp"

#include <fmt/format.h>

#include "kms-core/mix/sound.hpp"

namespace kms::mix {
namespace {

gst::Ref<GstCaps> caps(const std::string& text) {
  return gst::Ref<GstCaps>::adopt(gst_caps_from_string(text.c_str()));
}

}  // namespace

SoundOutput::SoundOutput(unsigned channels, std::unique_ptr<rtc::LocalSource> packets)
    : packets_(std::move(packets)) {
  raw_->stream(
      {.caps = caps(fmt::format("audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels={}{}",
                                channels, channels == 2 ? ",channel-mask=(bitmask)0x3" : ""))});
  encoded_->stream(
      {.caps = caps(fmt::format(
           "audio/x-opus,rate=48000,channels={0},channel-mapping-family=0,stream-count=1,coupled-count={1}",
           channels, channels - 1))});
}

void SoundOutput::push(const MixedBlock& block, uint64_t due) {
  if (block.raw && wants_raw()) raw_->push(block.raw);
  if (!block.encoded) return;
  if (encoded_->takers() > 0) encoded_->push(block.encoded);
  if (!wants_packets()) return;
  packets_->push({.payload = block.packet,
                  .timestamp = timestamp(due),
                  .captured = rtc::TimePoint(std::chrono::nanoseconds(static_cast<int64_t>(due)))});
  packets_->flush();
}

// Counts on where blocks were left out.
uint32_t SoundOutput::timestamp(uint64_t due) {
  if (first_ == 0) first_ = due;
  return static_cast<uint32_t>(gst_util_uint64_scale_round(due - first_, kFramesPerSecond, GST_SECOND));
}

}  // namespace kms::mix
