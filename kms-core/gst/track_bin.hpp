// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/ref.hpp"
#include "kms-core/gst/track_choice.hpp"

namespace kms::gst {

// A bin whose tracks, encoded, go to outlets: of a container that it takes apart, or of what comes over the
// network by itself. Made and released on the control loop; put it into a Pipeline of its own.
class TrackBin {
 public:
  struct Tracks {
    std::vector<Ref<GstCaps>> caps;             // of what each line carries, in their order; see of()
    std::vector<std::string> unsupported;       // codecs of chosen tracks that were left out for that
    unsigned others = 0;                        // tracks that were thrown away
    std::optional<GstClockTime> duration = {};  // nanoseconds
    bool seekable = false;
    bool unsure = false;            // whether it is seekable is told again after some frames
    bool still = false;             // the picture is one that stands still
    std::vector<bool> turned = {};  // of each line: its pictures do not lie as they are to be shown
    std::vector<TrackInfo> all = {};
    // Null: there is no track for the line, or one of an unknown codec.
    const Ref<GstCaps>& of(size_t line) const {
      static const Ref<GstCaps> kNone;
      return line < caps.size() ? caps[line] : kNone;
    }
    bool any() const {
      return std::any_of(caps.begin(), caps.end(), [](const auto& of) { return bool{of}; });
    }
  };
  virtual ~TrackBin() = default;
  TrackBin(const TrackBin&) = delete;
  TrackBin& operator=(const TrackBin&) = delete;

  virtual const Ref<GstElement>& bin() const = 0;

  // Before the first buffer comes to an outlet or while it waits there; and again when a track for a line
  // that had none is found later. On a streaming thread (post!). Set before the start.
  virtual void on_tracks(std::function<void(const Tracks&)> handler) = 0;

  // The media was a playlist or a redirection, which is never followed. Any thread.
  virtual bool met_playlist() const { return false; }
  // It stopped before it found a track, and may not have said so. Any thread; to be asked now and then.
  virtual bool gave_up() const { return false; }

  // A call, to be made on a worker, that goes to a stream time (nanoseconds): exactly, or to the key frame at
  // or before it. It returns when all is flushed. Errors: NOT_SEEKABLE.
  struct Target {
    GstClockTime position;
    bool to_key_frame;
    double speed = 1;  // from there on
  };
  virtual std::function<Status()> seek(const Target& target) const = 0;

  // Media that is not taken for what it asks for: TOO_MANY_TRACKS, PICTURE_TOO_LARGE. Once, on a streaming
  // thread (post!). Set before the start.
  virtual void on_refusal(std::function<void(const Status&)> /*handler*/) {}

  // The key frames of a line's pictures are further apart than receivers of RTP can do with. Told when so
  // much was read, which with a queue is at once, on a streaming thread (post!); once in a stream. Set before
  // the start.
  virtual void on_rare_key_frames(const std::function<void(size_t line)>& /*handler*/) {}

  // Of decoded sound; 1: as it is. Any thread.
  virtual void set_volume(double /*volume*/) {}

 protected:
  TrackBin() = default;
};

}  // namespace kms::gst
