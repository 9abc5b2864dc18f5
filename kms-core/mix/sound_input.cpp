// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/sound_input.hpp"

#include <fmt/format.h>

#include "kms-core/gst/factory.hpp"
#include "kms-core/gst/raw_sink.hpp"
#include "kms-core/gst/steady_sound.hpp"
#include "kms-core/gst/strip.hpp"
#include "kms-core/mix/brake.hpp"

namespace kms::mix {

// What the streaming thread does.
class SoundInput::Track {
 public:
  Track(std::shared_ptr<RawSound> sound, unsigned channels)
      : sound_(std::move(sound)), frame_bytes_(sizeof(int16_t) * channels) {}

  static gst::RawSink::Handlers handlers(const std::shared_ptr<Track>& self) {
    return {.on_stream = [self](bool unpaced) { self->brake_.begin(unpaced); },
            .on_caps = [](const GstCaps*) {},
            .on_turned = {},
            .on_buffer = [self](gst::Ref<GstBuffer> buffer) { self->take(buffer.get()); }};
  }
  void release() { brake_.release(); }

 private:
  void take(GstBuffer* buffer) {
    brake_.hold(GST_BUFFER_PTS(buffer));
    GstMapInfo map;
    if (gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE) return;
    sound_->push(reinterpret_cast<const int16_t*>(map.data), map.size / frame_bytes_);
    gst_buffer_unmap(buffer, &map);
  }

  const std::shared_ptr<RawSound> sound_;
  const size_t frame_bytes_;
  Brake brake_;
};

SoundInput::SoundInput(gst::Pipeline& pipeline, unsigned channels)
    : pipeline_(pipeline), channels_(channels), raw_(std::make_shared<RawSound>(channels)) {}

Result<std::unique_ptr<SoundInput>> SoundInput::create(gst::Pipeline& pipeline, Options options) {
  auto parts = gst::make_elements({"audioconvert", "audioresample"});
  if (!parts.ok()) return parts.status();
  auto input =
      std::unique_ptr<SoundInput>(new SoundInput(pipeline, options.channels));  // a private constructor
  input->track_ = std::make_shared<Track>(input->raw_, options.channels);
  const auto name = gst::unique_name(options.name);
  input->inlet_ = gst::Inlet::create(name + "-in");
  input->inlet_->set_direct();
  input->inlet_->steady(std::make_shared<gst::SteadySound>());
  const auto caps =
      fmt::format("audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels={}", options.channels);
  const auto sink = gst::RawSink::create(name + "-out", caps.c_str(), Track::handlers(input->track_));
  auto bin = gst::make_bin(name, {input->inlet_->element(), sink->element()}, *parts);
  if (!bin.ok()) return bin.status();
  input->bin_ = *std::move(bin);
  pipeline.add(input->bin_, std::move(options.on_error));
  return input;
}

SoundInput::~SoundInput() {
  if (!bin_) return;
  track_->release();
  inlet_->detach();
  pipeline_.remove(bin_, [](const Status&) {});
}

void SoundInput::take(rtc::Server& rtc, const rtc::SourceRef& packets) {
  packets_ =
      packets ? std::make_shared<PacketSound>(rtc.tap(packets, {.capacity = 128}), channels_) : nullptr;
}

std::shared_ptr<SoundSource> SoundInput::source() const {
  if (packets_) return packets_;
  return raw_;
}

}  // namespace kms::mix
