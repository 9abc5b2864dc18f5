// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/picture_mixer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/mix/mapped_frame.hpp"

namespace kms::mix {
namespace {

constexpr GstClockTime kLinger = GST_SECOND;

gst::Ref<GstCaps> caps_of(const PictureMixer::Options& options) {
  const auto text = fmt::format(
      "video/x-raw,format=I420,width={},height={},framerate={}/1,pixel-aspect-ratio=1/1,colorimetry=bt601,"
      "interlace-mode=progressive",
      options.size.width, options.size.height, options.frames);
  return gst::Ref<GstCaps>::adopt(gst_caps_from_string(text.c_str()));
}

}  // namespace

PictureMixer::PictureMixer(const Options& options)
    : options_(options),
      composer_(options.size),
      ticker_(std::make_shared<Ticker>(
          Ticker::Pace{.thread = "mix-pictures", .units = options.frames, .unit = GST_SECOND},
          [this](uint64_t due) { return tick(due); })) {
  const auto caps = caps_of(options_);
  gst_video_info_from_caps(&info_, caps.get());
  fan_out_->stream({.caps = caps});
  fan_out_->on_key_unit_request([weak = std::weak_ptr(ticker_), asked = asked_] {  // a taker has come
    *asked = gst::media_now();
    if (const auto ticker = weak.lock()) ticker->wake();
  });
}

void PictureMixer::show(std::shared_ptr<const Scene> scene) {
  const std::lock_guard lock(mutex_);
  scene_.swap(scene);
}

std::shared_ptr<const Scene> PictureMixer::scene() const {
  const std::lock_guard lock(mutex_);
  return scene_;
}

void PictureMixer::stop() {
  ticker_->stop();
  fan_out_->end();
}

// Goes on for a moment without takers, also where one has gone before it was seen: a fan-out does not ask its
// source again for one that comes then.
bool PictureMixer::tick(GstClockTime due) {
  if (fan_out_->takers() == 0) return due < std::max(taken_, asked_->load()) + kLinger;
  taken_ = due;
  fan_out_->push(draw(due));
  return true;
}

gst::Ref<GstBuffer> PictureMixer::draw(GstClockTime due) {
  auto buffer = gst::Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, info_.size, nullptr));
  if (const MappedFrame mapped(info_, buffer.get(), GST_MAP_WRITE); mapped)
    composer_.compose(scene(), due, mapped.canvas());
  GST_BUFFER_PTS(buffer.get()) = due;
  GST_BUFFER_DURATION(buffer.get()) = GST_SECOND / options_.frames;
  return buffer;
}

}  // namespace kms::mix
