// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "elements/player/playback.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms/player/v1/player.pb.h"

namespace kms::player {

// Plays a file or an address of the web into the graph. Its ports and their time live as long as it does;
// each run from Play to Stop or the end has a pipeline of its own. Control loop.
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
  void stop(Done done);

  struct Position {
    std::chrono::nanoseconds position{0};
    std::optional<std::chrono::nanoseconds> duration = {};
    v1::State state = v1::STATE_STOPPED;
    bool seekable = false;
  };
  Position position() const;

  void close(Done done) override;

 private:
  PlayerElement(graph::ElementHost& host, const v1::PlayerOptions& options);

  void ready(const gst::Demuxer::Tracks& tracks) override;
  void ended() override;
  void failed(const Status& status) override;

  void begin();
  void begin_again();
  void finish();
  void offer(graph::SourcePort& port, const gst::Ref<GstCaps>& caps);
  void retire(bool end_streams);
  void retired(const Status& status);
  void answer(const Status& status);
  void enter(v1::State state);
  Status seekable_to(const Seek& to) const;

  const v1::PlayerOptions options_;
  const std::shared_ptr<gst::Pacer> pacer_;
  std::unique_ptr<Playback> playback_;
  v1::State state_ = v1::STATE_STOPPED;
  bool paused_ = false;    // asked for, perhaps before media ran
  bool retiring_ = false;  // the run before still has to release what can block
  bool begin_when_retired_ = false;
  Status stuck_ = ok();         // why no further run can begin
  Position last_;               // of the run before
  std::vector<Done> playing_;   // who waits for media to run
  std::vector<Done> stopping_;  // who waits until nothing is held any more
  Guard guard_;
};

}  // namespace kms::player
