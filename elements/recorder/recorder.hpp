// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "elements/recorder/container.hpp"
#include "elements/recorder/file_writer.hpp"
#include "elements/recorder/track.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"

namespace kms::recorder {

// Writes what its sinks get into one file. Its life: it waits for Record (or autostart), for the first media
// of every linked track (or track_wait), writes, finishes. Media waits in the inlets until the file is there.
class RecorderElement : public graph::Element {
 public:
  // Options that were checked.
  struct Settings {
    v1::RecorderOptions options;
    const ContainerFormat* container;
    std::chrono::milliseconds track_wait;
  };
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::RecorderOptions& options);
  RecorderElement(graph::ElementHost& host, Settings settings);

  // Commands; errors as in the proto.
  Status record();
  void stop(Reply<v1::StopResponse> reply);
  v1::GetRecordingResponse recording() const;

  void close(Done done) override;
  void sink_linked(const graph::SinkPort& port, bool linked) override;

 private:
  enum class Stage { kIdle, kWaiting, kWriting, kFinishing, kDone };

  void add_track(const std::string& name, graph::MediaKind kind);
  void listen(Track& track);

  void arm();
  void consider();  // whether it is time to begin
  void begin();
  void choose_tracks();
  void shift_to_zero();
  bool has_media() const;

  void track_ended(Track& track);
  void look_for_ends();
  void end_silent_tracks();
  void end_forgotten_tracks();
  void format_changed();
  void failed(const Status& status);

  void stop_now();
  void finish();
  void written(const Status& status);
  void settle(const Status& status);  // the answer of this and every later Stop

  v1::Recording describe() const;

  const Settings settings_;
  const std::shared_ptr<gst::InletGroup> group_ = std::make_shared<gst::InletGroup>();
  std::vector<std::unique_ptr<Track>> tracks_;  // in the order of ports_.sinks
  FileWriter writer_;
  Stage stage_ = Stage::kIdle;
  GstClockTime origin_ = 0;  // media time of the file's beginning
  bool told_start_ = false;
  std::optional<Status> outcome_;
  std::vector<Reply<v1::StopResponse>> waiting_;  // for the outcome
  Loop::Timer track_wait_;
  bool waited_ = false;
  Loop::Timer silence_;
  Loop::Timer look_;
  Guard guard_;
};

}  // namespace kms::recorder
