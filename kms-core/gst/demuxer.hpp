// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/outlet.hpp"

namespace kms::gst {

// A bin that takes a file or a stream of bytes apart: its first sound and its first picture track go to two
// outlets, what else is in it is thrown away. Opens nothing but its source, whatever the media says. Made and
// released on the control loop; put it into a Pipeline of its own.
class Demuxer {
 public:
  struct Parts {
    Ref<GstElement> source;  // with one pad "src"
    std::shared_ptr<Outlet> audio;
    std::shared_ptr<Outlet> video;
    bool queued = true;  // a thread and a queue per track: needed when the outlets wait for the clock
  };
  struct Tracks {
    Ref<GstCaps> audio;  // null: none, or of an unknown codec
    Ref<GstCaps> video;
    std::vector<std::string> unsupported;       // codecs of first tracks that were left out for that
    unsigned others = 0;                        // tracks that were thrown away
    std::optional<GstClockTime> duration = {};  // nanoseconds
    bool seekable = false;
  };

  // Errors: PLUGIN_MISSING.
  static Result<std::unique_ptr<Demuxer>> create(const std::string& name, const Parts& parts);

  const Ref<GstElement>& bin() const { return bin_; }

  // Once, before the first buffer comes to an outlet. On a streaming thread (post!). Set before the start.
  void on_tracks(std::function<void(const Tracks&)> handler);

  // The media was a playlist or a redirection, which is never followed. Any thread.
  bool met_playlist() const;

  // True when the container's demuxer stopped before it found a track. parsebin can lose the error message
  // that says so, when it comes while the demuxer is being added. Any thread; to be asked now and then.
  bool gave_up() const;

  // A call, to be made on a worker, that goes to a stream time (nanoseconds): exactly, or to the key frame at
  // or before it. It returns when all is flushed. Errors: NOT_SEEKABLE.
  struct Target {
    GstClockTime position;
    bool to_key_frame;
  };
  std::function<Status()> seek(const Target& target) const;

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
