// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "elements/player/next_item.hpp"
#include "elements/player/playback.hpp"
#include "elements/player/player_options.hpp"
#include "elements/player/reconnector.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms/player/v1/player.pb.h"

namespace kms::player {

// Plays a file or an address of the web, or several, into the graph. Its ports and their time live as long as
// it does; each run from Play to Stop or the end has a pipeline of its own, and so has each item of a list.
// Control loop.
class PlayerElement : public graph::Element, private Playback::Listener {
 public:
  // Errors: INVALID_OPTIONS, URI_NOT_ALLOWED.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::PlayerOptions& options);

  // Commands; contracts and errors in player.proto.
  void play(Done done);
  Status pause();
  struct Seek {
    std::chrono::nanoseconds position;
    bool to_key_frame = false;
  };
  void seek(const Seek& to, Done done);
  void set_speed(double speed, Done done);
  Status set_volume(double volume);
  void stop(Done done);
  // A track's line is the place of its port among ports().sources.
  void media_info(Reply<gst::Demuxer::Tracks> reply);

  struct Position {
    std::chrono::nanoseconds position{0};
    std::optional<std::chrono::nanoseconds> duration = {};
    v1::State state = v1::STATE_STOPPED;
    bool seekable = false;
    size_t item = 0;
    double speed = 1;
  };
  Position position() const;

  void close(Done done) override;

 private:
  struct Live {
    LiveOptions options;
    std::optional<Reconnector::Settings> reconnect;
  };
  // What the options say, checked.
  struct Asked {
    std::vector<std::string> items;
    Manner manner;
    Live live;
  };
  static Result<Asked> check(const Config& config, const v1::PlayerOptions& options);
  PlayerElement(graph::ElementHost& host, const v1::PlayerOptions& options, Asked asked);

  void ready(const gst::Demuxer::Tracks& tracks) override;
  void track_found(const gst::Demuxer::Tracks& tracks) override;
  void key_frames_are_rare(size_t port) override;
  void ended() override;
  void failed(const Status& status) override;

  const std::string& uri() const { return items_[item_]; }
  std::string said_uri() const;  // for people
  void skip_gaps();
  void add_ports();
  void make_reconnector(const Reconnector::Settings& settings);
  Playback::Setup setup_of(size_t item) const;
  void begin();
  void begin_again();
  bool lost(const Status& status);
  void try_again();
  void finish();
  void offer(size_t port, const gst::Ref<GstCaps>& caps);
  void tell_tracks(const gst::Demuxer::Tracks& tracks);
  void tell_once(const Status& fault);
  void run();
  void retire(bool end_streams);
  void retired(const Status& status);
  void answer(const Status& status);
  void enter(v1::State state);
  // player_seek.cpp:
  static Status not_started(const std::string& what);
  Status not_seekable() const;
  Status seekable_to(const Seek& to) const;
  void answer_key_frame_requests();
  void go_back_to_key_frame(size_t port);
  size_t takers_of_pictures() const;
  // player_list.cpp:
  bool has_next() const { return items_.size() > 1 && (options_.loop() || item_ + 1 < items_.size()); }
  void look_ahead();
  void prepare(size_t item);
  bool go_on();
  void next_changed();
  void change_over(bool in_time);
  void let_go(std::unique_ptr<Playback> playback, bool end_streams);
  void drop_next();
  void start_item();
  void answer_probes(const Status& status);

  const v1::PlayerOptions options_;
  const std::vector<std::string> items_;
  Manner manner_;
  size_t item_ = 0;
  const std::shared_ptr<gst::Pacer> pacer_;
  const LiveOptions live_;
  std::unique_ptr<Reconnector> reconnector_;  // null: what is lost is lost
  std::unique_ptr<Playback> playback_;
  v1::State state_ = v1::STATE_STOPPED;
  bool paused_ = false;   // asked for, perhaps before media ran
  unsigned closing_ = 0;  // runs that still have to release what can block
  bool begin_when_retired_ = false;
  bool going_back_ = false;
  Status stuck_ = ok();         // why no further run can begin
  Position last_;               // of the run before
  std::vector<Done> playing_;   // who waits for media to run
  std::vector<Done> stopping_;  // who waits until nothing is held any more
  // Of a list: what comes next.
  std::unique_ptr<NextItem> next_;
  size_t next_index_ = 0;
  std::set<std::string> told_;  // of the present tracks
  size_t passed_over_ = 0;      // items in sequence that could not be played
  bool waits_for_next_ = false;
  Loop::Timer look_ahead_;
  // GetMediaInfo while nothing plays.
  std::unique_ptr<NextItem> probe_;
  std::vector<Reply<gst::Demuxer::Tracks>> asking_;
  Guard guard_;
};

}  // namespace kms::player
