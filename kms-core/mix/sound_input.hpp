// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/mix/packet_sound.hpp"
#include "kms-core/mix/raw_sound.hpp"

namespace kms::mix {

// Where the sound of one input comes in, decoded or as packets. It has no thread: what there is to do runs on
// that of the source, or on the mixer's. Control loop.
class SoundInput {
 public:
  struct Options {
    std::string name = {};  // for GStreamer's logs
    unsigned channels = 1;
    std::function<void(const Status&)> on_error = {};  // loop
  };
  // Errors: PLUGIN_MISSING.
  static Result<std::unique_ptr<SoundInput>> create(gst::Pipeline& pipeline, Options options);
  ~SoundInput();  // leaves the pipeline
  SoundInput(const SoundInput&) = delete;
  SoundInput& operator=(const SoundInput&) = delete;

  const std::shared_ptr<gst::Inlet>& inlet() const { return inlet_; }
  // Packets of Opus come in from now on, not what the inlet brings; null: the other way round.
  void take(rtc::Server& rtc, const rtc::SourceRef& packets);
  const std::shared_ptr<PacketSound>& packets() const { return packets_; }
  // What the mixer hears; another one after take().
  std::shared_ptr<SoundSource> source() const;

 private:
  class Track;
  SoundInput(gst::Pipeline& pipeline, unsigned channels);

  gst::Pipeline& pipeline_;
  const unsigned channels_;
  const std::shared_ptr<RawSound> raw_;
  std::shared_ptr<PacketSound> packets_;
  gst::Ref<GstElement> bin_;
  std::shared_ptr<gst::Inlet> inlet_;
  std::shared_ptr<Track> track_;
};

}  // namespace kms::mix
