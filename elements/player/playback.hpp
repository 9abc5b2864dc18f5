// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "elements/player/live_source.hpp"
#include "elements/player/media_source.hpp"
#include "elements/player/player_options.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/gst/demuxer.hpp"
#include "kms-core/gst/pipeline.hpp"

namespace kms::player {

// The tracks that were asked for and are not there. Errors: TRACK_NOT_FOUND.
std::vector<Status> missing_tracks(const std::string& uri, const std::vector<PortChoice>& ports,
                                   const gst::Demuxer::Tracks& tracks);

// One run of a player, from opening its media to the end: a pipeline of its own. Control loop.
class Playback {
 public:
  // Who is told, on the control loop; after failed() and after the last ended() nothing more comes.
  class Listener {
   public:
    virtual void ready(const gst::Demuxer::Tracks& tracks) = 0;        // media waits behind the pacer
    virtual void track_found(const gst::Demuxer::Tracks& tracks) = 0;  // one more, after ready()
    virtual void key_frames_are_rare(size_t port) = 0;                 // found out after ready()
    virtual void ended() = 0;                                          // all tracks were let go
    virtual void failed(const Status& status) = 0;

   protected:
    ~Listener() = default;
  };
  struct Setup {
    std::string uri;
    std::shared_ptr<gst::Pacer> pacer;
    std::vector<std::shared_ptr<gst::FanOut>> ports;  // of each of the manner's
    Manner manner = {};
    LiveOptions live = {};                 // how to read it, if it is live
    std::shared_ptr<gst::Gate> gate = {};  // null: it is its turn at once
    bool hold_end = false;                 // not handed on: the player loops, or goes on with another
  };
  Playback(graph::ElementHost& host, const Setup& setup, Listener& listener);

  void begin();
  // From now on another one is told.
  void tell(Listener& listener) { listener_ = &listener; }
  bool is_ready() const { return ready_; }
  const gst::Demuxer::Tracks& tracks() const { return tracks_; }
  bool has_rare_key_frames(size_t port) const { return rare_key_frames_[port]; }
  bool endless() const { return source_->endless(tracks_); }

  // Errors: NOT_SEEKABLE, PIPELINE_STUCK.
  void seek(const gst::Demuxer::Target& target, Done done);

  Loop& loop() const { return loop_; }

  // Where it is in the media, nanoseconds.
  GstClockTime position() const;
  // Since the beginning or the last seek.
  bool let_something_go() const;
  // True when all its tracks have ended.
  bool has_ended() const;
  // True when less came than the media said there would.
  bool fell_short() const;

  void set_volume(double volume);

  // All has ended, and the ports are another's.
  void leave_ports();
  // Releases everything that can block, then answers. Errors: PIPELINE_STUCK.
  void close(Done done);
  // After close(): tells the takers of tracks that were cut off that nothing more comes.
  void end_streams();

 private:
  void start(Result<gst::Ref<GstElement>> source);
  Status assemble(gst::Ref<GstElement> source);
  bool reads_ahead() const;
  gst::Demuxer::Parts parts_for(gst::Ref<GstElement> source) const;
  void listen_to_demuxer();
  Result<std::shared_ptr<gst::TrackBin>> make_demuxer(gst::Ref<GstElement> source);
  void check_opening();
  void stop_opening();
  void make_lines();
  std::shared_ptr<gst::Outlet> make_outlet(const std::string& name,
                                           const std::shared_ptr<gst::FanOut>& fan_out);
  void tracks_found(const gst::Demuxer::Tracks& tracks);
  void check_end();
  void check_stall();
  void take_error(const Status& status);
  void take_message(GstMessage* message);
  void fail(const Status& status);
  GstClockTime beginning() const;
  GstClockTime zero() const;
  std::vector<const gst::Outlet*> used() const;  // those with a track

  graph::ElementHost& host_;
  Loop& loop_;  // outlives the host
  const Setup setup_;
  Listener* listener_;
  std::unique_ptr<MediaSource> source_;
  std::unique_ptr<gst::Pipeline> pipeline_;
  std::shared_ptr<gst::TrackBin> demuxer_;
  std::vector<gst::TrackLine> lines_;  // of each port
  gst::Demuxer::Tracks tracks_;
  Status start_failure_ = ok();
  bool ready_ = false;
  std::vector<bool> rare_key_frames_;      // of each port
  bool over_ = false;                      // told the listener of the end
  unsigned seeks_ = 0;                     // under way
  GstClockTime beginning_ = 0;             // of what has a time of its own
  bool has_clock_ = false;                 // and times that count from it
  GstClockTime sought_ = 0;                // where the last seek went
  std::optional<GstClockTime> zero_;       // beginning() as that counted from
  std::optional<GstClockTime> last_data_;  // as of the last look
  int silent_looks_ = 0;                   // since then, at which it was the same
  Loop::Timer opening_;
  Loop::Timer opening_deadline_;
  Loop::Timer stall_;
  Guard guard_;
};

}  // namespace kms::player
