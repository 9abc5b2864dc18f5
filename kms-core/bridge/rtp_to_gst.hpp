// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::bridge {

// From the RTP plane to the media plane: a tap on a source, a jitter buffer that hands on what is in order at
// once and waits for what is missing no longer than `patience`, a depayloader, and a fan-out of encoded
// frames with their capture times as time stamps. Sound that is missing is told downstream, so that decoders
// conceal it; of video nothing goes on after a loss until the next good frame, and a key frame is asked for.
// Of a simulcast track it takes the encoding that suffices, and goes from one to another on key frames; of
// VP9 with spatial layers those that suffice. Control loop.
class RtpToGst {
 public:
  struct Options {
    std::string name = {};  // for GStreamer's logs
    // How long a gap may hold up what came after it; of sound, which nobody sends again, 40 ms at most.
    // Nothing waits when packets are in order.
    std::chrono::milliseconds patience{100};
    std::function<void(const Status&)> on_error = {};  // loop
  };
  struct Stats {
    uint64_t packets = 0;
    uint64_t lost = 0;       // given up
    uint64_t late = 0;       // came after they were given up
    uint64_t concealed = 0;  // sound: gaps told downstream, packets
    uint64_t waited_us = 0;  // what the last gap cost
  };

  // Whether there is a depayloader for the codec.
  static bool knows(rtc::Codec codec);
  // Errors: CODEC_UNSUPPORTED, PLUGIN_MISSING.
  static Result<std::unique_ptr<RtpToGst>> create(rtc::Server& rtc, const rtc::SourceRef& source,
                                                  gst::Pipeline& pipeline, Options options);
  ~RtpToGst();
  RtpToGst(const RtpToGst&) = delete;
  RtpToGst& operator=(const RtpToGst&) = delete;

  // Of a track in several sizes, the one that suffices; zeros, as at first: the largest.
  void want(const rtc::PictureSize& size);

  // Encoded frames. A key frame that its takers ask for is asked of the sender.
  const std::shared_ptr<gst::FanOut>& fan_out() const;
  Stats stats() const;

 private:
  struct Impl;
  explicit RtpToGst(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::bridge
