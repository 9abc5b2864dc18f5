// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kms::gst {

class Outlet;

// One track of media, as its container describes it. Zero and empty: it does not say.
struct TrackInfo {
  bool video = false;
  unsigned number = 0;   // among those of its kind, from 1
  std::string codec;     // a name of kms ("H264", "OPUS"), "raw", or a GStreamer media type
  std::string language;  // ISO 639-2, as "deu"
  unsigned width = 0;
  unsigned height = 0;
  double frame_rate = 0;  // 0: still, or varying
  unsigned sample_rate = 0;
  unsigned channels = 0;
  std::optional<size_t> line = {};  // where it goes, if it was chosen
};

// Which of the tracks of a kind is taken.
struct TrackChoice {
  bool none = false;
  unsigned number = 0;        // from 1; 0: the first, or the first in the language
  std::string language = {};  // ISO 639
  bool asks_for_one() const { return number > 0 || !language.empty(); }
  bool takes(const TrackInfo& track) const;
};

// A way for one track out of a bin.
struct TrackLine {
  std::shared_ptr<Outlet> outlet;
  bool video;
  TrackChoice choice = {};
};
// The line that a track goes to: of those that are `free`, the first one that asks for its number, or else
// for its language.
std::optional<size_t> line_for(const TrackInfo& track, const std::vector<TrackLine>& lines,
                               const std::function<bool(size_t)>& free);

// What a pad and its fixed caps say of a track. `number` is left to the caller.
TrackInfo track_info(GstPad* pad, const GstCaps* caps);

// ISO 639-2 of a code in any of its parts, with or without a region; empty for none.
std::string language_code(const std::string& text);

}  // namespace kms::gst
