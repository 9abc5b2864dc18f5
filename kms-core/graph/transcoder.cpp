// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/transcoder.hpp"

#include <fmt/format.h>

#include "kms-core/gst/picture_limit.hpp"

namespace kms::graph {
namespace {

// As wide as before for its height; encoders of H.264 take even numbers only.
std::string scaled(uint32_t height) {
  return fmt::format(
      "videoscale add-borders=false ! video/x-raw,width=[2,8192,2],height={},pixel-aspect-ratio=1/1 ! ",
      height);
}

Result<std::string> chain_of(const Transcoder::Job& job) {
  if (job.to.packing == v1::PACKING_RAW) return gst::decoder_chain(job.from.codec, job.came);
  if (job.rung) {
    auto encoder = gst::encoder_chain(job.to.codec, job.rung->bitrate_bps);
    return encoder.ok() ? scaled(job.rung->max_height) + *encoder : encoder;
  }
  const auto bitrate =
      job.kind == v1::MEDIA_KIND_AUDIO ? audio_bitrate_bps(job.to.codec) : rung_for_height(720).bitrate_bps;
  return gst::encoder_chain(job.to.codec, bitrate);
}

uint32_t height_of(const gst::StreamInfo& info) {
  int height = 0;
  gst_structure_get_int(gst_caps_get_structure(info.caps.get(), 0), "height", &height);
  return static_cast<uint32_t>(height);
}

// Of pictures that come live, a second: a decoder that is further behind begins anew with a key frame, which
// its sender is asked for. Otherwise a machine that is too slow for a while would show everything late, and
// later and later.
constexpr uint32_t kMostLiveFrames = 30;
constexpr uint64_t kMostLiveBytes = 16U << 20;

}  // namespace

Result<std::unique_ptr<Transcoder>> Transcoder::create(const Job& job, gst::Pipeline& pipeline,
                                                       std::function<void(const Status&)> on_error) {
  auto chain = chain_of(job);
  if (!chain.ok()) return chain.status();
  auto strip = gst::Strip::create(job.name, *chain);
  if (!strip.ok()) return strip.status();
  auto transcoder = std::unique_ptr<Transcoder>(new Transcoder(job, pipeline));  // its constructor is private
  transcoder->strip_ = std::move(*strip);
  if (transcoder->encodes()) transcoder->follow_picture_size();
  if (transcoder->encodes() && job.kind == v1::MEDIA_KIND_AUDIO) transcoder->strip_->steady_sound();
  const bool live = job.came == gst::CameAs::kPackets;
  const bool video = job.kind == v1::MEDIA_KIND_VIDEO;
  if (live && video && !transcoder->encodes())
    transcoder->inlet()->set_patience(kMostLiveFrames, kMostLiveBytes);
  if (video && !transcoder->encodes()) {
    gst::limit_pictures(transcoder->strip_->bin(), *transcoder->inlet());
    transcoder->inlet()->set_catches_up(true);
  }
  // A packet's sound is decoded and encoded in less time than it takes to wake three threads for it.
  if (live && !video) transcoder->inlet()->set_direct();
  pipeline.add(transcoder->strip_->bin(), std::move(on_error));
  return transcoder;
}

// The rung of the ladder is known when the picture's size is, just before the first frame.
void Transcoder::follow_picture_size() {
  if (job_.kind == v1::MEDIA_KIND_AUDIO || job_.rung) {
    facts_->bitrate_bps = job_.rung ? job_.rung->bitrate_bps : audio_bitrate_bps(job_.to.codec);
    return;
  }
  strip_->inlet()->on_stream([encoder = strip_->find(gst::kEncoderName), facts = facts_](const auto& info) {
    facts->height = height_of(info);
    facts->bitrate_bps = rung_for_height(facts->height).bitrate_bps;
    gst::set_bitrate(encoder.get(), facts->bitrate_bps);
  });
}

Transcoder::~Transcoder() {
  inlet()->detach();
  auto bin = strip_->bin();
  pipeline_.remove(bin, [strip = std::move(strip_)](const Status&) {});
}

}  // namespace kms::graph
