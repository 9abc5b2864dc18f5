// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elements/recorder/part_proto.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/base/log.hpp"
#include "kms-core/storage/target.hpp"

namespace kms::recorder {
namespace {

// How often it looks whether something waits that no frame comes for.
constexpr std::chrono::milliseconds kTick{200};

Status already_recorded() {
  return error(StatusCode::kFailedPrecondition, "ALREADY_RECORDED",
               "a recorder makes one recording, and this one has begun; create another");
}

Status not_recording(const char* why) { return error(StatusCode::kFailedPrecondition, "NOT_RECORDING", why); }

}  // namespace

// A handler for other threads: what it does is done on the loop, if the element is still there.
template <typename Work>
auto RecorderElement::posted(Work work) {
  return [&loop = host().loop(), guarded = guard_.wrap(std::move(work))](auto... told) {
    loop.post([call = guarded, told...]() mutable { call(told...); });
  };
}

RecorderElement::RecorderElement(graph::ElementHost& element_host, Settings settings)
    : Element(element_host), settings_(std::move(settings)) {
  const auto& options = settings_.options;
  const auto tracks = options.tracks();
  if (tracks != v1::TRACKS_VIDEO_ONLY)
    add_tracks(kms::v1::MEDIA_KIND_AUDIO, std::max(1U, options.audio_tracks()));
  if (tracks != v1::TRACKS_AUDIO_ONLY)
    add_tracks(kms::v1::MEDIA_KIND_VIDEO, std::max(1U, options.video_tracks()));
  if (storage::is_remote(options.uri())) {
    storing_ = std::make_unique<Storing>(host(), [this] { storing_changed(); });
    if (settings_.hls) storing_->set_in_pieces();
  }
  scribe_ = make_scribe();
  for (const auto& track : tracks_) listen(*track);
  if (options.autostart()) arm();
}

void RecorderElement::add_tracks(graph::MediaKind kind, unsigned count) {
  for (unsigned i = 1; i <= count; ++i) {
    const std::string base = kind == kms::v1::MEDIA_KIND_AUDIO ? "audio" : "video";
    const auto name = i == 1 ? base : fmt::format("{}-{}", base, i);
    auto& track =
        *tracks_.emplace_back(std::make_unique<Track>(Track::Place{name, kind, tracks_.size()}, group_));
    track.inlet().admit(false);
    ports_.sinks.push_back(track.port(settings_.container->formats(kind)));
  }
}

std::shared_ptr<Scribe> RecorderElement::make_scribe() {
  const auto& options = settings_.options;
  Scribe::Plan plan{.container = settings_.container->id,
                    .uri = options.uri(),
                    .element = host().name(),
                    .overwrite = options.overwrite(),
                    .split_duration = settings_.split_duration,
                    .split_bytes = options.split_bytes(),
                    .lines = {},
                    .uploads = storing_ ? host().uploads() : nullptr,
                    .hls = settings_.hls};
  for (const auto& sink : ports_.sinks)
    plan.lines.push_back({sink.name, sink.kind == kms::v1::MEDIA_KIND_VIDEO});
  return std::make_shared<Scribe>(host().config(), std::move(plan), scribe_handlers());
}

// A part is finished in any case, whatever became of the element meanwhile; a playlist after the last part.
Scribe::Handlers RecorderElement::scribe_handlers() {
  const auto strand = std::make_shared<Strand>(host().workers());
  return {.on_began = posted([this](const Part& part) { part_began(part); }),
          .on_written =
              [count = posted([this] { ++finishing_; }),
               done = posted([this](const Part& part) { part_finished(part); }), strand,
               steps = steps_](const std::shared_ptr<PartFile>& file) {
                count();
                strand->run([file, done, steps] { done(file->finish(*steps)); });
              },
          .on_failure = posted([this](const Status& status) { failed(status); }),
          .on_closed =
              [done = posted([this](const Status& status) {
                 if (!status.ok()) host().fail(status);
                 closed();
               }),
               strand](const std::shared_ptr<HlsShow>& show) {
                if (!show) return done(ok());
                strand->run([show, done] { done(show->close()); });
              },
          .on_key_wanted = posted([this] {
            for (const auto& track : tracks_) track->inlet().request_key_unit();
          })};
}

void RecorderElement::listen(Track& track) {
  track.set_handlers({.on_arrival = posted([this, &track] {
                        track.arrived = true;
                        consider();
                      }),
                      .on_end = posted([this, &track] { track_ended(track); }),
                      .on_problem = posted([this](const Status& status) { host().fail(status); })},
                     scribe_);
}

void RecorderElement::sink_linked(const graph::SinkPort& port, bool linked) {
  for (size_t i = 0; i < tracks_.size(); ++i) {
    auto& track = *tracks_[i];
    if (track.name() != port.name) continue;
    track.linked = linked;
    scribe_->set_linked(i, linked);
    if (!linked && stage_ <= Stage::kWaiting) track.arrived = false;
  }
  consider();
  look_for_ends();
}

Status RecorderElement::record() {
  if (stage_ != Stage::kIdle) return already_recorded();
  arm();
  return ok();
}

void RecorderElement::arm() {
  stage_ = Stage::kWaiting;
  for (const auto& track : tracks_) track->inlet().admit(true);
  consider();
}

Status RecorderElement::check_recording() const {
  if (stage_ == Stage::kIdle) return not_recording("Record was not called");
  return stage_ < Stage::kFinishing ? ok() : not_recording("the recording has ended");
}

Status RecorderElement::pause() {
  const auto status = check_recording();
  if (!status.ok()) return status;
  if (!std::exchange(paused_, true)) scribe_->pause(has_clock());
  return ok();
}

Status RecorderElement::resume() {
  const auto status = check_recording();
  if (!status.ok()) return status;
  if (std::exchange(paused_, false)) scribe_->resume(has_clock());
  return ok();
}

Status RecorderElement::split() {
  const auto status = check_recording();
  if (status.ok() && stage_ == Stage::kWriting) scribe_->split();
  return status;
}

bool RecorderElement::has_media() const {
  return std::any_of(tracks_.begin(), tracks_.end(),
                     [](const auto& track) { return track->arrived && track->inlet().has_buffer(); });
}

// What comes as fast as it is taken has times of its own; what has not come yet may be so.
bool RecorderElement::has_clock() const {
  bool any = false;
  for (const auto& track : tracks_) {
    if (track->pace() == Track::Pace::kUnpaced) return false;
    any = any || track->pace() == Track::Pace::kClock;
  }
  return any;
}

void RecorderElement::consider() {
  if (stage_ != Stage::kWaiting || !has_media()) return;
  const bool all = std::all_of(tracks_.begin(), tracks_.end(), [](const auto& track) {
    return !track->linked || (track->arrived && track->inlet().has_buffer());
  });
  if (all || waited_) return begin();
  if (track_wait_.is_running()) return;  // it counts from the first media, not from the last
  track_wait_ = host().loop().deadline(settings_.track_wait, [this] {
    waited_ = true;
    consider();
  });
}

void RecorderElement::begin() {
  stage_ = Stage::kWriting;
  track_wait_.stop();
  pipeline_ = std::make_unique<gst::Pipeline>(
      host().name(),
      gst::Pipeline::Where{host().loop(), host().workers(), host().config().pipelines.state_deadline});
  pipeline_->on_error([this](const Status& status) { failed(status); });
  for (size_t i = 0; i < tracks_.size(); ++i) {
    const auto& track = *tracks_[i];
    if (track.arrived && track.inlet().has_buffer()) scribe_->expect(i);
    tracks_[i]->add_to(*pipeline_, scribe_);
  }
  pipeline_->start(guard_.wrap([this](const Status& status) {
    if (!status.ok()) failed(status);
  }));
  tick_ = host().loop().every(kTick, [this] { tick(); });
}

void RecorderElement::tick() {
  if (ticking_ || !scribe_->wants_tick()) return;
  ticking_ = true;
  host().workers().run([scribe = scribe_, done = posted([this] { ticking_ = false; })] {
    scribe->tick();
    done();
  });
}

void RecorderElement::track_ended(Track& track) {
  if (stage_ != Stage::kWriting) return;
  track.ended = true;
  look_for_ends();
}

void RecorderElement::look_for_ends() {
  if (stage_ != Stage::kWriting || !settings_.options.stop_on_end_of_stream()) return;
  size_t come = 0;
  size_t over = 0;
  size_t ended = 0;
  for (const auto& track : tracks_) {
    if (!track->arrived) continue;
    ++come;
    const bool at_end = track->ended && track->inlet().ended();  // it may have got another source since
    if (at_end) ++ended;
    if (at_end || !track->linked) ++over;
  }
  if (ended > 0 && over == come) finish();
}

}  // namespace kms::recorder
