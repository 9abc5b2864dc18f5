// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "elements/recorder/container.hpp"
#include "elements/recorder/part.hpp"
#include "elements/recorder/scribe.hpp"
#include "elements/recorder/storing.hpp"
#include "elements/recorder/track.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"

namespace kms::recorder {

// Writes what its sinks get into one recording. Its life: it waits for Record (or autostart), for the first
// media of every linked track (or track_wait), writes, finishes. Media waits in the inlets until it writes;
// what goes into which part is the Scribe's.
class RecorderElement : public graph::Element {
 public:
  // Options that were checked.
  struct Settings {
    v1::RecorderOptions options;
    const ContainerFormat* container;
    std::chrono::milliseconds track_wait;
    std::chrono::nanoseconds split_duration;  // 0: never
    std::optional<HlsPlaylist::Options> hls = {};
  };
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::RecorderOptions& options);
  RecorderElement(graph::ElementHost& host, Settings settings);

  // Commands; errors as in the proto.
  Status record();
  void stop(Reply<v1::StopResponse> reply);
  // Answers when the storages have all parts too, or after so long.
  void stop(std::chrono::milliseconds store_wait, Reply<v1::StopResponse> reply);
  Status pause();
  Status resume();
  Status split();
  v1::GetRecordingResponse recording() const;

  void close(Done done) override;
  void sink_linked(const graph::SinkPort& port, bool linked) override;

 private:
  enum class Stage { kIdle, kWaiting, kWriting, kFinishing, kDone };

  void add_tracks(graph::MediaKind kind, unsigned count);
  Scribe::Handlers scribe_handlers();
  std::shared_ptr<Scribe> make_scribe();
  void listen(Track& track);
  template <typename Work>
  auto posted(Work work);

  void arm();
  void consider();  // whether it is time to begin
  void begin();
  bool has_media() const;
  bool has_clock() const;
  void tick();

  void track_ended(Track& track);
  void look_for_ends();
  void failed(const Status& status);

  void answer_close();
  void stop_now();
  void finish();
  void wait_while_it_gets_on(std::function<void()> give_up);
  void closed();
  void part_began(const Part& part);
  void part_finished(const Part& part);
  void look_for_outcome();
  void release();
  void settle(const Status& status);  // the answer of this and every later Stop

  void storing_changed();
  Status check_recording() const;
  v1::Recording describe() const;

  const Settings settings_;
  const std::shared_ptr<gst::InletGroup> group_ = std::make_shared<gst::InletGroup>();
  std::vector<std::unique_ptr<Track>> tracks_;  // in the order of ports_.sinks
  std::shared_ptr<Scribe> scribe_;
  std::unique_ptr<gst::Pipeline> pipeline_;
  std::map<unsigned, Part> final_;  // parts that nothing more is written to, by number
  unsigned finishing_ = 0;          // parts that are being finished
  const std::shared_ptr<Steps> steps_ = std::make_shared<Steps>(0);
  Stage stage_ = Stage::kIdle;
  bool paused_ = false;
  bool closed_ = false;    // the scribe gives nothing more
  bool released_ = false;  // the pipeline is
  bool ticking_ = false;
  std::optional<Status> outcome_;
  std::vector<Reply<v1::StopResponse>> waiting_;  // for the outcome
  struct Patient {
    Reply<v1::StopResponse> reply;
    Loop::Timer timer;
  };
  void answer_patient();
  std::unique_ptr<Storing> storing_;     // null: the parts stay where they are written
  std::map<unsigned, Patient> patient_;  // Stops that wait for storages, in the order of their coming
  unsigned stops_ = 0;
  Done closing_;  // for the parts
  Loop::Timer track_wait_;
  bool waited_ = false;
  Loop::Timer deadline_;
  Loop::Timer tick_;
  Guard guard_;
};

}  // namespace kms::recorder
