// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::bridge {

// From the media plane to the RTP plane: an inlet of encoded frames, a payloader, and a local source. Frames
// go out as they come; their time stamps are their capture times. Control loop.
class GstToRtp {
 public:
  struct Options {
    std::string name = {};  // for GStreamer's logs
    rtc::Codec codec = rtc::Codec::kOpus;
    std::string cname = {};            // see rtc::LocalSourceOptions::cname
    bool keep_from_key_frame = false;  // see rtc::LocalSourceOptions
    size_t mtu = 1200;                 // bytes of RTP packet, header included
    // One of several sizes of the same pictures: see rtc::LocalSourceOptions.
    std::shared_ptr<std::vector<rtc::SourceTrack::Description>> encodings = {};
    // It is made only while somebody takes it: then this is called (loop), with each request for a key frame.
    std::function<void()> on_demand = {};
    std::function<void(const Status&)> on_error = {};  // loop
  };

  // Whether there is a payloader for the codec.
  static bool knows(rtc::Codec codec);
  // Errors: CODEC_UNSUPPORTED, PLUGIN_MISSING.
  static Result<std::unique_ptr<GstToRtp>> create(rtc::Server& rtc, gst::Pipeline& pipeline, Options options);
  ~GstToRtp();
  GstToRtp(const GstToRtp&) = delete;
  GstToRtp& operator=(const GstToRtp&) = delete;

  // Where the frames come in. Key frames that receivers need are asked for through it.
  const std::shared_ptr<gst::Inlet>& inlet() const;
  const rtc::SourceRef& source() const;
  // See rtc::LocalSource::offer().
  void offer(double bps);

 private:
  struct Impl;
  explicit GstToRtp(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::bridge
