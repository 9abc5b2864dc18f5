// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "elements/recorder/part_file.hpp"
#include "elements/recorder/pauses.hpp"

namespace kms::recorder {

// Decides into which part each frame of a recording goes, and when a new one begins. Frames come on the
// streaming threads of their tracks, which wait for the disk here; the control loop only leaves commands and
// reads numbers, and never waits.
//
// A part begins with a key frame of the first track of pictures that is alive. Until that comes, what the
// present part can hold goes into it, and what it cannot waits. Each track moves over by itself: sound by its
// time, pictures with a key frame; the part before stays open until all have, so nothing is lost between
// them. A track that is silent holds up nobody: it has a gap.
class Scribe {
 public:
  // What it tells, on streaming threads and workers: handlers post.
  struct Handlers {
    std::function<void(const Part&)> on_began;
    std::function<void(std::shared_ptr<PartFile>)>
        on_written;                                 // nothing more comes: to be finished on a worker
    std::function<void(const Status&)> on_failure;  // nothing more is written
    // All tracks have ended, all is handed on; the playlist of HLS is to be closed.
    std::function<void(std::shared_ptr<HlsShow>)> on_closed;
    std::function<void()> on_key_wanted;
  };
  struct Source {
    std::string name;  // of the track
    bool video = false;
  };
  struct Plan {
    v1::Container container = v1::CONTAINER_UNSPECIFIED;
    std::string uri = {};      // may be a template
    std::string element = {};  // resource name
    bool overwrite = false;
    std::chrono::nanoseconds split_duration{0};  // 0: never
    uint64_t split_bytes = 0;
    std::vector<Source> lines = {};
    storage::Uploads* uploads = nullptr;
    std::optional<HlsPlaylist::Options> hls = {};
  };
  // `config` outlives it.
  Scribe(const Config& config, Plan plan, Handlers handlers);

  // Streaming thread of the track `line`.
  void format(size_t line, const gst::TrackFormat& format);
  void frame(size_t line, gst::Frame frame, bool unpaced);
  void rest(size_t line);  // its source ended; it may come again
  void end(size_t line);   // for good

  // Whether tick() has something to do; control loop, a few times a second.
  bool wants_tick() const;
  // Worker: writes what waits for long, and sees to what no frame comes for.
  void tick();

  // Control loop; none waits.
  void expect(size_t line);  // media of it has come: the first part waits for it
  void set_linked(size_t line, bool linked);
  // `clock`: what comes has the times of the media clock.
  void pause(bool clock);
  void resume(bool clock);
  void split();
  void abandon();  // nothing more is written
  // All parts so far, the present ones as of now.
  std::vector<Part> parts() const;

 private:
  using Clock = std::chrono::steady_clock;
  // How long the first part waits for the first frames of tracks that are on their way, ...
  static constexpr std::chrono::seconds kStartPatience{2};
  // ... and how many ticks where a source is as fast as it is taken, which may as well wait: about ten
  // seconds, longer where nothing gets a processor.
  static constexpr unsigned kStartTicks = 50;
  // How often the others look for a track that is as fast as it is taken before they go on without it. Looks,
  // not time: a thread that gets no processor, or a machine that stands still, is no gap in the track.
  static constexpr unsigned kStepLooks = 20;
  using Lock = std::unique_lock<std::mutex>;
  using Format = std::shared_ptr<const gst::TrackFormat>;
  struct Waiting {
    gst::Frame frame;
    Format format;
  };
  struct Line {
    Format format = {};  // of the frames that come
    std::deque<Waiting> waiting = {};
    uint64_t waiting_bytes = 0;
    std::shared_ptr<PartFile> part = {};
    bool needs_key = false;
    bool expected = false;
    bool unpaced = false;
    bool rests = false;
    bool ended = false;
    bool linked = true;
    bool held = false;              // its thread waits here for the other tracks
    unsigned in_vain = 0;           // looks of others that waited for it since its last frame
    Clock::time_point came = {};    // the last frame
    Clock::time_point parted = {};  // it was unlinked
    GstClockTime time = 0;          // of the last frame
    GstClockTime end = 0;
  };

  void command(std::function<void()> work);
  void run_commands();
  void keep_in_step(size_t index, Lock& lock);
  bool is_behind(const Line& other, const Line& line) const;
  bool is_silent(const Line& line) const;
  bool is_first_held(size_t index) const;

  void advance();
  bool can_start() const;
  bool is_start_overdue() const;
  void start();
  void cut_earlier_sound(GstClockTime from);
  bool is_earlier_sound(size_t index, GstClockTime from) const;
  void route(size_t index);
  bool moves_over(size_t index) const;
  bool waits_to_move_over() const;
  bool place(size_t index);
  void write(size_t index);
  void look_for_limits(size_t index);
  void look_for_turn(size_t index);
  void want(PartReason reason);
  bool is_cut(size_t index) const;
  std::optional<size_t> lead() const;
  bool is_alive(const Line& line) const;
  bool is_gone(const Line& line) const;
  bool is_on_its_way(size_t index) const;
  bool holds_up_cut(size_t index) const;
  void begin_part(GstClockTime time);
  Status begin_show(PartFile::Plan& plan);
  GstClockTime origin_of_part(GstClockTime time) const;
  PartFile::Plan plan_part(GstClockTime origin) const;
  bool passes(size_t index, const gst::Frame& frame);
  bool is_over() const { return closed_ || failed_ || abandoned_; }
  void retire();
  void leave_before();
  void hand_on(std::shared_ptr<PartFile>& part);
  void look_for_gone();
  void keep_files();
  void fail(const Status& status);
  void close();
  void show(const Part& part);
  static void drop_first(Line& line);

  const Config& config_;
  const Plan plan_;
  const Handlers handlers_;

  std::mutex mutex_;
  std::condition_variable progress_;
  std::vector<Line> lines_;
  Pauses pauses_;
  std::shared_ptr<HlsShow> show_;
  std::shared_ptr<PartFile> current_;
  std::shared_ptr<PartFile> before_;  // not all tracks have left it
  GstClockTime cut_ = 0;              // where the present part begins, for what has a part before it
  unsigned number_ = 0;
  std::optional<PartReason> wanted_ = PartReason::kStart;
  Clock::time_point wanted_since_ = {};
  unsigned start_ticks_ = 0;  // without a part
  Clock::time_point cut_at_ = {};
  Clock::time_point looked_ = {};
  bool failed_ = false;
  bool closed_ = false;

  std::mutex commands_mutex_;
  std::vector<std::function<void()>> commands_;
  std::atomic<bool> abandoned_ = false;
  std::atomic<bool> attention_ = false;          // something is to be seen to
  std::atomic<int64_t> last_frame_ = INT64_MAX;  // when one came; nanoseconds of the steady clock

  mutable std::mutex view_mutex_;
  std::vector<Part> view_;
};

}  // namespace kms::recorder
