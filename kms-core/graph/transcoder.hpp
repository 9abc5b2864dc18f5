// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kms-core/graph/planner.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::graph {

// A decoder or an encoder that the planner runs for a source port, shared by all its takers. Control loop.
class Transcoder {
 public:
  struct Job {
    std::string name;  // for GStreamer's logs
    MediaKind kind;
    Format from;
    Format to;
    std::string reason;  // see v1.TranscodingStarted.reason
    gst::CameAs came = gst::CameAs::kFrames;
    // An encoder of pictures that makes them that high first, whatever they are, and takes that rate.
    // Nothing: of any size, at the rate of the rung that suits it.
    std::optional<Rung> rung = {};
  };
  // Errors: CODEC_UNSUPPORTED, PLUGIN_MISSING. `on_error` tells what goes wrong later.
  static Result<std::unique_ptr<Transcoder>> create(const Job& job, gst::Pipeline& pipeline,
                                                    std::function<void(const Status&)> on_error);
  ~Transcoder();  // leaves the pipeline; media that is in it is lost
  Transcoder(const Transcoder&) = delete;
  Transcoder& operator=(const Transcoder&) = delete;

  const Job& job() const { return job_; }
  bool encodes() const { return job_.to.packing != v1::PACKING_RAW; }
  const std::shared_ptr<gst::Inlet>& inlet() const { return strip_->inlet(); }
  const std::shared_ptr<gst::FanOut>& fan_out() const { return strip_->fan_out(); }
  uint64_t frames() const { return fan_out()->frames(); }
  uint32_t bitrate_bps() const { return facts_->bitrate_bps; }
  // Of the pictures that an encoder gets; 0: not known yet.
  uint32_t height() const { return facts_->height; }

 private:
  Transcoder(Job job, gst::Pipeline& pipeline) : job_(std::move(job)), pipeline_(pipeline) {}
  void follow_picture_size();

  const Job job_;
  gst::Pipeline& pipeline_;
  std::unique_ptr<gst::Strip> strip_;
  // Written by the streaming thread as well.
  struct Facts {
    std::atomic<uint32_t> bitrate_bps = 0;
    std::atomic<uint32_t> height = 0;
  };
  const std::shared_ptr<Facts> facts_ = std::make_shared<Facts>();
};

}  // namespace kms::graph
