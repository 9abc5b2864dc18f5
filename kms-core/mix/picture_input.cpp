// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/picture_input.hpp"

#include <string_view>
#include <utility>

#include "kms-core/gst/factory.hpp"
#include "kms-core/gst/raw_sink.hpp"
#include "kms-core/gst/strip.hpp"
#include "kms-core/mix/brake.hpp"

namespace kms::mix {

// What the streaming thread does.
class PictureInput::Track {
 public:
  Track(std::shared_ptr<LatestPicture> latest, std::function<void()> on_shape)
      : latest_(std::move(latest)), on_shape_(std::move(on_shape)) {}

  gst::RawSink::Handlers handlers(const std::shared_ptr<Track>& self) {
    return {.on_stream = [self](bool unpaced) { self->brake_.begin(unpaced); },
            .on_caps = [self](const GstCaps* caps) { self->new_caps(caps); },
            .on_turned = [self](const std::string& how) { self->new_turn(turn_of(how)); },
            .on_buffer = [self](gst::Ref<GstBuffer> buffer) { self->take(std::move(buffer)); }};
  }
  void release() { brake_.release(); }

 private:
  void new_caps(const GstCaps* caps) {
    auto info = std::make_shared<GstVideoInfo>();
    info_ = gst_video_info_from_caps(info.get(), caps) != FALSE ? std::move(info) : nullptr;
    reshaped_ = true;
  }
  void new_turn(const Turn& turn) {
    turn_ = turn;
    reshaped_ = true;
  }

  void take(gst::Ref<GstBuffer> buffer) {
    brake_.hold(GST_BUFFER_PTS(buffer.get()));
    if (!info_) return;
    latest_->put({std::move(buffer), info_, turn_, gst::media_now()});
    if (std::exchange(reshaped_, false) && on_shape_) on_shape_();
  }

  const std::shared_ptr<LatestPicture> latest_;
  const std::function<void()> on_shape_;
  Brake brake_;
  std::shared_ptr<const GstVideoInfo> info_;
  Turn turn_;
  bool reshaped_ = false;  // since the last picture
};

Result<std::unique_ptr<PictureInput>> PictureInput::create(const std::string& name, gst::Pipeline& pipeline,
                                                           std::function<void(const Status&)> on_error,
                                                           std::function<void()> on_shape) {
  auto parts = gst::make_elements({"videoconvert"});
  if (!parts.ok()) return parts.status();
  auto input = std::unique_ptr<PictureInput>(new PictureInput(pipeline));  // its constructor is private
  input->latest_ = std::make_shared<LatestPicture>();
  input->track_ = std::make_shared<Track>(input->latest_, std::move(on_shape));
  const auto unique = gst::unique_name(name);
  input->inlet_ = gst::Inlet::create(unique + "-in");
  input->inlet_->set_direct();
  const auto sink = gst::RawSink::create(unique + "-out", "video/x-raw,format=I420",
                                         input->track_->handlers(input->track_));
  auto bin = gst::make_bin(unique, {input->inlet_->element(), sink->element()}, *parts);
  if (!bin.ok()) return bin.status();
  input->bin_ = *std::move(bin);
  pipeline.add(input->bin_, std::move(on_error));
  return input;
}

PictureInput::~PictureInput() {
  if (!bin_) return;
  track_->release();
  inlet_->detach();
  pipeline_.remove(bin_, [](const Status&) {});
}

Turn PictureInput::turn_of(const std::string& orientation) {
  constexpr std::string_view kFlipped = "flip-";
  std::string_view rest = orientation;
  const bool mirrored = rest.starts_with(kFlipped);
  if (mirrored) rest.remove_prefix(kFlipped.size());
  if (rest == "rotate-90") return {mirrored, 90};
  if (rest == "rotate-180") return {mirrored, 180};
  if (rest == "rotate-270") return {mirrored, 270};
  return {mirrored && rest == "rotate-0", 0};
}

}  // namespace kms::mix
