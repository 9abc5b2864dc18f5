// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "kms-core/base/log.hpp"
#include "kms-core/gst/codecs.hpp"

namespace kms::recorder {
namespace {

// How long the file waits for a track whose source ended or went while others go on.
constexpr std::chrono::seconds kSilence{3};
// How often it looks for a linked track that is silent while the others pile up.
constexpr std::chrono::seconds kLook{1};

Status already_recorded() {
  return error(StatusCode::kFailedPrecondition, "ALREADY_RECORDED",
               "a recorder writes one file, and this one has begun; create another");
}

Status not_recording() {
  return error(StatusCode::kFailedPrecondition, "NOT_RECORDING", "Record was not called");
}

Status nothing_recorded() {
  return error(StatusCode::kDataLoss, "NOTHING_RECORDED", "no media came, and no file was left");
}

Status silent_track(const std::string& port) {
  return error(
      StatusCode::kDeadlineExceeded, "TRACK_SILENT",
      fmt::format("nothing came at {} while much waited at the other port; the file goes on without it",
                  port));
}

Status changed_format() {
  return error(
      StatusCode::kFailedPrecondition, "FORMAT_CHANGED",
      "the media changed into what this file cannot hold (another codec, or an H.264 picture of another "
      "size); the file ends before it");
}

void set_duration(google::protobuf::Duration& out, GstClockTime nanoseconds) {
  out.set_seconds(static_cast<int64_t>(nanoseconds / GST_SECOND));
  out.set_nanos(static_cast<int32_t>(nanoseconds % GST_SECOND));
}

}  // namespace

RecorderElement::RecorderElement(graph::ElementHost& element_host, Settings settings)
    : Element(element_host),
      settings_(std::move(settings)),
      writer_(element_host, settings_.options.uri(), settings_.options.overwrite()) {
  const auto tracks = settings_.options.tracks();
  if (tracks != v1::TRACKS_VIDEO_ONLY) add_track("audio", kms::v1::MEDIA_KIND_AUDIO);
  if (tracks != v1::TRACKS_AUDIO_ONLY) add_track("video", kms::v1::MEDIA_KIND_VIDEO);
  writer_.set_handlers({.on_changed = [this] { format_changed(); },
                        .on_failure = [this](const Status& status) { failed(status); }});
  if (settings_.options.autostart()) arm();
}

void RecorderElement::add_track(const std::string& name, graph::MediaKind kind) {
  auto& track = *tracks_.emplace_back(std::make_unique<Track>(name, kind, group_));
  track.inlet().admit(false);
  listen(track);
  ports_.sinks.push_back(track.port(settings_.container->formats(kind)));
}

// Everything that streaming threads tell is posted to the control loop.
void RecorderElement::listen(Track& track) {
  auto& loop = host().loop();
  const auto posted = [this, &loop](auto work) {
    return [&loop, guarded = guard_.wrap(std::move(work))] { loop.post(guarded); };
  };
  auto stream = guard_.wrap([&track](const gst::StreamInfo& info) { track.stream = info; });
  track.set_handlers({.on_stream =
                          [&loop, stream](const gst::StreamInfo& info) {
                            loop.post([stream, info]() mutable { stream(info); });
                          },
                      .on_arrival = posted([this, &track] {
                        track.arrived = true;
                        consider();
                      }),
                      .on_writing = posted([this] {
                        if (std::exchange(told_start_, true)) return;
                        v1::RecordingStarted started;
                        started.set_uri(settings_.options.uri());
                        host().emit(started);
                      }),
                      .on_end = posted([this, &track] { track_ended(track); })});
}

void RecorderElement::sink_linked(const graph::SinkPort& port, bool linked) {
  for (const auto& track : tracks_) {
    if (track->port({}).name != port.name) continue;
    track->linked = linked;
    if (!linked && stage_ <= Stage::kWaiting) track->arrived = false;
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

bool RecorderElement::has_media() const {
  return std::any_of(tracks_.begin(), tracks_.end(),
                     [](const auto& track) { return track->arrived && track->inlet().head(); });
}

void RecorderElement::consider() {
  if (stage_ != Stage::kWaiting || !has_media()) return;
  const bool all = std::all_of(tracks_.begin(), tracks_.end(),
                               [](const auto& track) { return !track->linked || track->arrived; });
  if (all || waited_) return begin();
  if (track_wait_.is_running()) return;  // it counts from the first media, not from the last
  track_wait_ = host().loop().after(settings_.track_wait, [this] {
    waited_ = true;
    consider();
  });
}

void RecorderElement::begin() {
  stage_ = Stage::kWriting;
  track_wait_.stop();
  choose_tracks();
  shift_to_zero();
  gst::FileMuxer::Plan plan{
      .muxer = settings_.container->muxer, .properties = settings_.container->properties, .tracks = {}};
  for (const auto& track : tracks_) {
    if (track->chosen) plan.tracks.push_back(track->plan());
  }
  writer_.begin(std::move(plan));
  look_ = host().loop().every(kLook, [this] { end_forgotten_tracks(); });
  host().ports_changed();
}

// From now on a track has the codec that is in the file, and one that has not come stays out.
void RecorderElement::choose_tracks() {
  for (size_t i = 0; i < tracks_.size(); ++i) {
    auto& track = *tracks_[i];
    track.chosen = track.arrived;
    if (!track.chosen) {
      track.inlet().finish();
      continue;
    }
    const auto codec = gst::codec_of(track.stream.caps.get());
    if (codec.ok() && !codec->empty()) ports_.sinks[i].accepts = {graph::encoded(*codec)};
  }
}

// One shift for all tracks: sound and picture stay as far apart as they came.
void RecorderElement::shift_to_zero() {
  std::optional<GstClockTime> first;
  for (const auto& track : tracks_) {
    const auto head = track->inlet().head();
    if (head && (!first || head->time < *first)) first = head->time;
  }
  origin_ = first.value_or(0);
  for (const auto& track : tracks_) track->inlet().set_offset(-static_cast<GstClockTimeDiff>(origin_));
}

void RecorderElement::track_ended(Track& track) {
  if (stage_ != Stage::kWriting) return;
  track.ended = true;
  // It will not come back, and the muxer must not wait for it.
  if (settings_.options.stop_on_end_of_stream()) track.inlet().finish();
  look_for_ends();
}

void RecorderElement::look_for_ends() {
  if (stage_ != Stage::kWriting) return;
  size_t chosen = 0;
  size_t over = 0;
  size_t ended = 0;
  for (const auto& track : tracks_) {
    if (!track->chosen) continue;
    ++chosen;
    if (track->ended) ++ended;
    if (track->ended || !track->linked) ++over;
  }
  if (settings_.options.stop_on_end_of_stream() && ended > 0 && over == chosen) return finish();
  if (over == 0 || over == chosen) return silence_.stop();
  silence_ = host().loop().after(kSilence, [this] { end_silent_tracks(); });
}

// A muxer writes in order of time and would wait for a track that has no more, and all others with it.
void RecorderElement::end_silent_tracks() {
  const auto live = [](const auto& track) { return track->chosen && !track->over(); };
  if (stage_ != Stage::kWriting || std::none_of(tracks_.begin(), tracks_.end(), live)) return;
  for (const auto& track : tracks_) {
    if (track->chosen && track->over()) track->inlet().finish();
  }
}

// Before what waits for a track that is linked but silent would have to be dropped.
void RecorderElement::end_forgotten_tracks() {
  const bool piled_up = std::any_of(tracks_.begin(), tracks_.end(),
                                    [](const auto& track) { return track->chosen && track->piles_up(); });
  if (stage_ != Stage::kWriting || !piled_up) return;
  for (const auto& track : tracks_) {
    if (!track->chosen || track->over() || track->inlet().stats().queue_frames > 0) continue;
    host().fail(silent_track(track->port({}).name));
    track->inlet().finish();
  }
}

void RecorderElement::format_changed() {
  if (stage_ != Stage::kWriting) return;
  host().fail(changed_format());
  finish();
}

void RecorderElement::stop(Reply<v1::StopResponse> reply) {
  if (stage_ == Stage::kIdle) return reply(not_recording());
  waiting_.push_back(std::move(reply));
  // After what the streaming threads posted already: media that came before the call is recorded.
  host().loop().post(guard_.wrap([this] { stop_now(); }));
}

void RecorderElement::stop_now() {
  if (outcome_) return settle(*outcome_);
  if (stage_ == Stage::kWaiting && has_media()) begin();
  if (stage_ == Stage::kWaiting) return settle(nothing_recorded());
  if (stage_ == Stage::kWriting) finish();
}

void RecorderElement::finish() {
  stage_ = Stage::kFinishing;
  silence_.stop();
  look_.stop();
  for (const auto& track : tracks_) track->inlet().finish();
  writer_.finish(guard_.wrap([this](const Status& status) { written(status); }));
}

void RecorderElement::written(const Status& status) {
  const auto frames = [](uint64_t sum, const auto& track) { return sum + track->frames(); };
  if (!status.ok() || std::accumulate(tracks_.begin(), tracks_.end(), uint64_t{0}, frames) > 0) {
    return settle(status);
  }
  writer_.remove(guard_.wrap([this] { settle(nothing_recorded()); }));
}

void RecorderElement::failed(const Status& status) {
  host().fail(status);
  for (const auto& track : tracks_) track->inlet().finish();
  if (stage_ != Stage::kFinishing) settle(status);
}

void RecorderElement::settle(const Status& status) {
  stage_ = Stage::kDone;
  if (!outcome_) {
    outcome_ = status;
    for (const auto& track : tracks_) track->inlet().finish();
    log::info("A recording ended", {{"element", host().name()}, {"outcome", reason_of(status)}});
    v1::RecordingFinished finished;
    *finished.mutable_recording() = describe();
    if (status.ok()) host().emit(finished);
  }
  v1::StopResponse response;
  *response.mutable_recording() = describe();
  for (auto& reply : std::exchange(waiting_, {})) {
    if (outcome_->ok()) {
      reply(response);
    } else {
      reply(*outcome_);
    }
  }
}

v1::Recording RecorderElement::describe() const {
  v1::Recording out;
  out.set_uri(settings_.options.uri());
  out.set_size_bytes(writer_.size());
  GstClockTime end = origin_;
  for (const auto& track : tracks_) {
    if (!track->chosen) continue;
    if (track->is_video()) out.set_video_frames(track->frames());
    if (!track->is_video()) out.set_audio_frames(track->frames());
    end = std::max(end, track->end());
  }
  set_duration(*out.mutable_duration(), end - origin_);
  return out;
}

v1::GetRecordingResponse RecorderElement::recording() const {
  v1::GetRecordingResponse out;
  *out.mutable_recording() = describe();
  if (stage_ == Stage::kIdle ||
      (settings_.options.autostart() && stage_ == Stage::kWaiting && !has_media())) {
    out.set_state(v1::STATE_IDLE);
  } else if (!outcome_) {
    out.set_state(v1::STATE_RECORDING);
  } else {
    out.set_state(outcome_->ok() ? v1::STATE_FINISHED : v1::STATE_FAILED);
  }
  return out;
}

void RecorderElement::close(Done done) {
  stop([done = std::move(done)](const Result<v1::StopResponse>&) mutable { done(ok()); });
}

}  // namespace kms::recorder
