// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/outlet.hpp"
#include "kms-core/gst/track_bin.hpp"
#include "kms-core/gst/track_choice.hpp"

namespace kms::gst {

// A bin that takes a file or a stream of bytes apart: each of its lines gets the track that it chooses, what
// else is in it is thrown away. Opens nothing but its source, whatever the media says. Made and released on
// the control loop; put it into a Pipeline of its own.
class Demuxer : public TrackBin {
 public:
  struct Parts {
    Ref<GstElement> source;  // with one pad "src"
    std::vector<TrackLine> lines;
    bool queued = true;  // a thread and a queue per track: needed when the outlets wait for the clock
    unsigned most_tracks = 64;
    GstClockTime key_frame_interval = 5 * GST_SECOND;  // see on_rare_key_frames(); so much is read ahead
    // Sound is decoded, for set_volume() and for speeds; its codec becomes raw.
    bool decode_sound = false;
    // A picture that stands still is shown so often, and for so long (0: for ever).
    unsigned still_rate = 10;
    GstClockTime still_duration = 0;
  };
  // Errors: PLUGIN_MISSING.
  static Result<std::unique_ptr<Demuxer>> create(const std::string& name, const Parts& parts);

  const Ref<GstElement>& bin() const override { return bin_; }

  void on_tracks(std::function<void(const Tracks&)> handler) override;
  bool met_playlist() const override;

  void on_refusal(std::function<void(const Status&)> handler) override;
  void on_rare_key_frames(const std::function<void(size_t line)>& handler) override;

  // parsebin can lose the error message that says that the container's demuxer stopped, when it comes while
  // the demuxer is being added.
  bool gave_up() const override;

  std::function<Status()> seek(const Target& target) const override;
  void set_volume(double volume) override;

 private:
  struct State;
  Demuxer() = default;
  void listen(GstElement* parse);
  Ref<GstElement> bin_;
  std::shared_ptr<State> state_;  // shared with the signal handlers, which live as long as the bin
};

// The sources there are. `path` was checked.
Ref<GstElement> file_source(const std::string& path);

}  // namespace kms::gst
