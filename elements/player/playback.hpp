// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "elements/player/media_source.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/gst/demuxer.hpp"
#include "kms-core/gst/pipeline.hpp"

namespace kms::player {

// One run of a player, from opening its media to the end: a pipeline of its own. Control loop.
class Playback {
 public:
  // Who is told, on the control loop; after failed() and after the last ended() nothing more comes.
  class Listener {
   public:
    virtual void ready(const gst::Demuxer::Tracks& tracks) = 0;  // media waits behind the pacer
    virtual void ended() = 0;                                    // all tracks were let go
    virtual void failed(const Status& status) = 0;

   protected:
    ~Listener() = default;
  };
  struct Setup {
    std::string uri;
    std::shared_ptr<gst::Pacer> pacer;
    std::shared_ptr<gst::FanOut> audio;
    std::shared_ptr<gst::FanOut> video;
    bool hold_end = false;  // the end is not handed on: the player loops
  };
  Playback(graph::ElementHost& host, const Setup& setup, Listener& listener);

  void begin();
  bool is_ready() const { return ready_; }
  const gst::Demuxer::Tracks& tracks() const { return tracks_; }

  // Errors: NOT_SEEKABLE, PIPELINE_STUCK.
  void seek(const gst::Demuxer::Target& target, Done done);

  Loop& loop() const { return loop_; }

  // Where it is in the media, nanoseconds.
  GstClockTime position() const;
  // Since the beginning or the last seek.
  bool let_something_go() const;
  // True when less came than the media said there would.
  bool fell_short() const;

  // Releases everything that can block, then answers. Errors: PIPELINE_STUCK.
  void close(Done done);
  // After close(): tells the takers of tracks that were cut off that nothing more comes.
  void end_streams();

 private:
  void start(Result<gst::Ref<GstElement>> source);
  Status assemble(gst::Ref<GstElement> source);
  void check_opening(std::chrono::steady_clock::time_point give_up);
  std::shared_ptr<gst::Outlet> make_outlet(const std::string& name,
                                           const std::shared_ptr<gst::FanOut>& fan_out);
  void tracks_found(const gst::Demuxer::Tracks& tracks);
  void check_end();
  void take_error(const Status& status);
  void take_message(GstMessage* message);
  void fail(const Status& status);
  std::array<const gst::Outlet*, 2> used() const;  // null: there is no such track

  graph::ElementHost& host_;
  Loop& loop_;  // outlives the host
  const Setup setup_;
  Listener& listener_;
  std::unique_ptr<MediaSource> source_;
  std::unique_ptr<gst::Pipeline> pipeline_;
  std::unique_ptr<gst::Demuxer> demuxer_;
  std::shared_ptr<gst::Outlet> audio_;
  std::shared_ptr<gst::Outlet> video_;
  gst::Demuxer::Tracks tracks_;
  Status start_failure_ = ok();
  bool ready_ = false;
  bool over_ = false;        // told the listener of the end
  unsigned seeks_ = 0;       // under way
  GstClockTime sought_ = 0;  // where the last seek went
  Loop::Timer opening_;
  Guard guard_;
};

}  // namespace kms::player
