// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/gst/frame_sink.hpp"
#include "kms-core/gst/track_format.hpp"

namespace kms::recorder {

// Lets H.265 go on with other pictures than it left off with. Its key frames need not be the beginning of
// anything (CRA, ITU-T H.265 section 3): their pictures are counted on from those before them, and some that
// are shown before the key frame refer to those (RASL). Where these are not there, the key frame is made one
// that says so (BLA: the same bits under another type), and what refers to them is left out. Everything else
// passes as it is. One thread.
class Splice {
 public:
  explicit Splice(const gst::TrackFormat& format);
  // False: it is to be left out. `first`: of a file, which needs no other type.
  bool pass(gst::Frame& frame, bool first);

 private:
  size_t length_bytes_ = 0;  // in front of each unit; 0: it is not H.265
  bool leaves_out_ = false;
};

}  // namespace kms::recorder
