// SPDX-License-Identifier: Apache-2.0
#include "elements/player/player.hpp"

#include <fmt/format.h>

#include <utility>

#include "kms-core/bridge/picture_order.hpp"
#include "kms-core/gst/codecs.hpp"

namespace kms::player {
namespace {

constexpr size_t kAudio = 0;
constexpr size_t kVideo = 1;

Status not_started(std::string_view what) {
  return error(StatusCode::kFailedPrecondition, "NOT_STARTED",
               fmt::format("nothing plays: Play before {}", what));
}

}  // namespace

Result<std::unique_ptr<graph::Element>> PlayerElement::create(graph::ElementHost& host,
                                                              const v1::PlayerOptions& options) {
  const auto allowed = check_uri(host.config(), options.uri());
  if (!allowed.ok()) return allowed;
  auto player =
      std::unique_ptr<PlayerElement>(new PlayerElement(host, options));  // its constructor is private
  if (options.autoplay()) player->play([](const Status&) {});
  return player;
}

PlayerElement::PlayerElement(graph::ElementHost& host, const v1::PlayerOptions& options)
    : Element(host), options_(options), pacer_(std::make_shared<gst::Pacer>(options.unpaced())) {
  ports_.sources.push_back(
      {.name = "audio", .kind = kms::v1::MEDIA_KIND_AUDIO, .media = std::make_shared<gst::FanOut>()});
  ports_.sources.push_back(
      {.name = "video", .kind = kms::v1::MEDIA_KIND_VIDEO, .media = std::make_shared<gst::FanOut>()});
}

void PlayerElement::play(Done done) {
  if (!stuck_.ok()) return done(stuck_);
  paused_ = false;
  if (playback_ && playback_->is_ready()) {
    pacer_->resume();
    enter(v1::STATE_PLAYING);
    return done(ok());
  }
  playing_.push_back(std::move(done));
  if (playback_) return;
  if (retiring_) {
    begin_when_retired_ = true;
  } else {
    begin();
  }
}

void PlayerElement::begin() {
  begin_when_retired_ = false;
  pacer_->pause();  // until the takers are linked: nothing may be lost
  pacer_->restart();
  const Playback::Setup setup{.uri = options_.uri(),
                              .pacer = pacer_,
                              .audio = ports_.sources[kAudio].media,
                              .video = ports_.sources[kVideo].media,
                              .hold_end = options_.loop()};
  playback_ = std::make_unique<Playback>(host(), setup, static_cast<Listener&>(*this));
  playback_->begin();
}

void PlayerElement::ready(const gst::Demuxer::Tracks& tracks) {
  offer(ports_.sources[kAudio], tracks.audio);
  offer(ports_.sources[kVideo], tracks.video);
  for (const auto& codec : tracks.unsupported) {
    host().fail(
        error(StatusCode::kUnimplemented, "CODEC_UNSUPPORTED",
              fmt::format("{}: kms does not know {}; that track is left out", options_.uri(), codec)));
  }
  host().ports_changed();
  if (!paused_) pacer_->resume();
  enter(paused_ ? v1::STATE_PAUSED : v1::STATE_PLAYING);
  answer(ok());
}

void PlayerElement::offer(graph::SourcePort& port, const gst::Ref<GstCaps>& caps) {
  port.offers.clear();
  if (!caps) return;
  const auto codec = gst::codec_of(caps.get());
  port.offers.push_back(codec->empty() ? graph::raw() : graph::encoded(*codec));
  port.reorders = bridge::reorders(caps.get());
}

Status PlayerElement::pause() {
  if (!playback_ && !begin_when_retired_) return not_started("Pause");
  paused_ = true;
  if (!playback_ || !playback_->is_ready()) return ok();
  pacer_->pause();
  enter(v1::STATE_PAUSED);
  return ok();
}

Status PlayerElement::seekable_to(const Seek& to) const {
  if (!playback_ || !playback_->is_ready()) return not_started("Seek");
  const auto& tracks = playback_->tracks();
  if (!tracks.seekable) {
    return error(StatusCode::kFailedPrecondition, "NOT_SEEKABLE",
                 fmt::format("{} cannot be sought in", options_.uri()));
  }
  const auto position = to.position.count();
  const bool beyond = tracks.duration && static_cast<GstClockTime>(position) > *tracks.duration;
  if (position >= 0 && !beyond) return ok();
  return error(
      StatusCode::kOutOfRange, "POSITION",
      fmt::format("{} ns is not within the media's 0 to {} ns", position, tracks.duration.value_or(0)));
}

void PlayerElement::seek(const Seek& to, Done done) {
  const auto status = seekable_to(to);
  if (!status.ok()) return done(status);
  playback_->seek({static_cast<GstClockTime>(to.position.count()), to.to_key_frame}, std::move(done));
}

void PlayerElement::ended() {
  if (playback_->fell_short()) {
    return failed(error(StatusCode::kDataLoss, "TRUNCATED",
                        fmt::format("{}: its end is missing; what is there was played", options_.uri())));
  }
  if (!options_.loop() || !playback_->let_something_go()) return finish();
  if (!playback_->tracks().seekable) return begin_again();
  playback_->seek({0, false}, guard_.wrap([this](const Status& status) {
    if (!status.ok() && playback_) failed(status);  // stopped meanwhile: nobody's failure
  }));
}

// What cannot be sought in is opened anew.
void PlayerElement::begin_again() {
  begin_when_retired_ = true;
  retire(false);
}

void PlayerElement::finish() {
  retire(false);
  host().end_of_stream();
  enter(v1::STATE_ENDED);
}

void PlayerElement::failed(const Status& status) {
  const bool ran = playback_->is_ready();
  retire(true);
  host().fail(status);
  if (ran) host().end_of_stream();
  enter(v1::STATE_FAILED);
  answer(status);
}

void PlayerElement::stop(Done done) {
  begin_when_retired_ = false;
  answer(error(StatusCode::kAborted, "STOPPED", "the player was stopped before media ran"));
  if (!stuck_.ok()) return done(stuck_);
  if (!playback_ && !retiring_) {
    last_.position = {};
    enter(v1::STATE_STOPPED);
    return done(ok());
  }
  stopping_.push_back(std::move(done));
  retire(false);
  last_.position = {};
  enter(v1::STATE_STOPPED);
}

// Lets go of the run; what can block goes on by itself. A next run uses the same ports, so it waits for that.
void PlayerElement::retire(bool end_streams) {
  if (!playback_) return;
  last_ = position();
  retiring_ = true;
  auto* run = playback_.get();
  auto tell = guard_.wrap([this](const Status& status) { retired(status); });
  run->close([run = std::move(playback_), end_streams, tell = std::move(tell)](const Status& status) mutable {
    if (end_streams && status.ok()) run->end_streams();
    auto& loop = run->loop();
    loop.post([run = std::move(run)] {});  // it may be one of its own calls that brought us here
    tell(status);
  });
}

void PlayerElement::retired(const Status& status) {
  retiring_ = false;
  stuck_ = status;
  if (begin_when_retired_ && status.ok()) begin();
  if (!status.ok()) answer(status);
  for (auto& done : std::exchange(stopping_, {})) done(status);
}

void PlayerElement::close(Done done) {
  begin_when_retired_ = false;
  answer(error(StatusCode::kAborted, "STOPPED", "the player was deleted before media ran"));
  if (!playback_ && !retiring_) return done(stuck_);
  stopping_.push_back(std::move(done));
  retire(false);
}

void PlayerElement::answer(const Status& status) {
  for (auto& done : std::exchange(playing_, {})) done(status);
}

void PlayerElement::enter(v1::State state) {
  if (std::exchange(state_, state) == state) return;
  v1::StateChanged event;
  event.set_state(state);
  host().emit(event);
}

PlayerElement::Position PlayerElement::position() const {
  auto now = last_;
  now.state = state_;
  if (!playback_ || !playback_->is_ready()) return now;
  const auto& tracks = playback_->tracks();
  now.position = std::chrono::nanoseconds(playback_->position());
  now.seekable = tracks.seekable;
  now.duration.reset();
  if (tracks.duration) now.duration = std::chrono::nanoseconds(*tracks.duration);
  return now;
}

}  // namespace kms::player

namespace kms {

void declare_player(graph::Catalog& catalog) {
  using v1::DIRECTION_SOURCE;
  catalog.add(graph::define<player::v1::PlayerOptions>(
      {.title = "PlayerEndpoint",
       .summary = "Plays a file or an http(s) address: its first sound and its first picture track.",
       .ports = {{"audio", DIRECTION_SOURCE, v1::MEDIA_KIND_AUDIO, {}},
                 {"video", DIRECTION_SOURCE, v1::MEDIA_KIND_VIDEO, {}}},
       .service = "kms.player.v1.PlayerService",
       .events = {"kms.player.v1.StateChanged"},
       .needs = {"filesrc", "appsrc", "parsebin", "multiqueue", "fakesink"}},
      player::PlayerElement::create));
}

}  // namespace kms
