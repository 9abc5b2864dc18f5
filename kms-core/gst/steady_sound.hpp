// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/audio/audio.h>

#include <cstdint>

#include "kms-core/gst/ref.hpp"
#include "kms-core/gst/sound_time.hpp"

namespace kms::gst {

// Around an encoder of sound. Resamplers and encoders count samples and begin anew, audibly, whenever that is
// some tens of milliseconds off the time stamps, as it is every few seconds when a sender's clock drifts. So
// what goes in is stamped by its samples, and what comes out gets the media's time back. A short gap is
// filled with silence; at a long one, time moves on. The streaming thread of one strip.
class SteadySound {
 public:
  // What comes next is raw sound of these caps.
  void begin(const GstCaps* caps);
  // Takes media time; gives time counted in samples.
  Ref<GstBuffer> enter(Ref<GstBuffer> buffer);
  // Gives media time back.
  void leave(Ref<GstBuffer>& buffer) const;

 private:
  GstClockTime due() const;
  Ref<GstBuffer> fill(Ref<GstBuffer> buffer, GstClockTime gap);

  bool known_ = false;  // what the sound is
  GstAudioInfo info_{};
  SoundTime time_;
  bool begun_ = false;
  GstClockTime base_ = 0;       // where counting began
  uint64_t samples_ = 0;        // since then
  GstClockTimeDiff ahead_ = 0;  // of the samples' time: the media's
};

}  // namespace kms::gst
