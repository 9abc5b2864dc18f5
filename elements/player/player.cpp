// SPDX-License-Identifier: Apache-2.0
#include "elements/player/player.hpp"

#include <fmt/format.h>

#include <utility>

#include "elements/player/words/live_uri.hpp"
#include "kms-core/bridge/picture_order.hpp"
#include "kms-core/gst/codecs.hpp"

namespace kms::player {
Result<std::unique_ptr<graph::Element>> PlayerElement::create(graph::ElementHost& host,
                                                              const v1::PlayerOptions& options) {
  auto asked = check(host.config(), options);
  if (!asked.ok()) return asked.status();
  auto player = std::unique_ptr<PlayerElement>(
      new PlayerElement(host, options, *std::move(asked)));  // its constructor is private
  if (options.autoplay()) player->play([](const Status&) {});
  return player;
}

Result<PlayerElement::Asked> PlayerElement::check(const Config& config, const v1::PlayerOptions& options) {
  auto items = items_of(options);
  if (!items.ok()) return items.status();
  for (const auto& item : *items) {
    const auto allowed = check_uri(config, item);
    if (!allowed.ok()) return allowed;
    if (items->size() > 1 && (is_live(item) || options.has_reconnect())) {
      return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
                   "uris: a list is of files and http(s) addresses that are not tried again");
    }
  }
  auto manner = manner_of(options);
  if (!manner.ok()) return manner.status();
  const auto live = live_options(options);
  if (!live.ok()) return live.status();
  const auto reconnect = Reconnector::settings(config, options);
  if (!reconnect.ok()) return reconnect.status();
  return Asked{*std::move(items), *std::move(manner), {*live, *reconnect}};
}

PlayerElement::PlayerElement(graph::ElementHost& host, const v1::PlayerOptions& options, Asked asked)
    : Element(host),
      options_(options),
      items_(std::move(asked.items)),
      manner_(std::move(asked.manner)),
      pacer_(std::make_shared<gst::Pacer>(options.unpaced())),
      live_(asked.live.options) {
  add_ports();
  skip_gaps();
  if (is_rtsp(uri())) pacer_->follow();  // it has a time of its own
  if (is_live(uri())) pacer_->begin_anywhere();
  if (asked.live.reconnect) make_reconnector(*asked.live.reconnect);
}

void PlayerElement::add_ports() {
  for (const auto& [name, video, track] : manner_.ports) {
    auto media = std::make_shared<gst::FanOut>();
    if (video && !options_.unpaced()) media->keep_from_key_frame();
    const auto kind = video ? kms::v1::MEDIA_KIND_VIDEO : kms::v1::MEDIA_KIND_AUDIO;
    ports_.sources.push_back({.name = name, .kind = kind, .media = std::move(media)});
  }
}

void PlayerElement::make_reconnector(const Reconnector::Settings& settings) {
  std::vector<Reconnector::Line> lines;
  for (const auto& port : ports_.sources) {
    lines.push_back({port.media, port.kind == kms::v1::MEDIA_KIND_VIDEO});
  }
  reconnector_ =
      std::make_unique<Reconnector>(host(), settings, Reconnector::Lines{std::move(lines), pacer_});
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
  if (closing_ > 0) {
    begin_when_retired_ = true;
  } else {
    begin();
  }
}

Playback::Setup PlayerElement::setup_of(size_t item) const {
  std::vector<std::shared_ptr<gst::FanOut>> ports;
  for (const auto& port : ports_.sources) ports.push_back(port.media);
  return {.uri = items_[item],
          .pacer = pacer_,
          .ports = std::move(ports),
          .manner = manner_,
          .live = live_,
          .hold_end = options_.loop() || items_.size() > 1 || reconnector_};
}

void PlayerElement::begin() {
  begin_when_retired_ = false;
  if (state_ != v1::STATE_RECONNECTING && is_live(uri())) enter(v1::STATE_CONNECTING);
  pacer_->pause();  // until the takers are linked: nothing may be lost
  pacer_->restart();
  playback_ = std::make_unique<Playback>(host(), setup_of(item_), static_cast<Listener&>(*this));
  playback_->begin();
}

void PlayerElement::ready(const gst::Demuxer::Tracks& tracks) {
  passed_over_ = 0;
  told_.clear();
  track_found(tracks);
  if (reconnector_) return reconnector_->media_is_back(guard_.wrap([this] { run(); }));
  const bool in_its_turn = state_ == v1::STATE_PLAYING || state_ == v1::STATE_PAUSED;
  if (manner_.speed == 1 || in_its_turn) return run();
  if (!tracks.seekable) {
    manner_.speed = 1;
    host().fail(not_seekable());
    return run();
  }
  playback_->seek({.position = 0, .to_key_frame = false, .speed = manner_.speed},
                  guard_.wrap([this](const Status& status) {
                    if (!playback_) return;  // stopped meanwhile
                    if (!status.ok()) return failed(status);
                    run();
                  }));
}

void PlayerElement::track_found(const gst::Demuxer::Tracks& tracks) {
  for (size_t i = 0; i < ports_.sources.size(); ++i) {
    ports_.sources[i].turned = i < tracks.turned.size() && tracks.turned[i];
    offer(i, tracks.of(i));
  }
  tell_tracks(tracks);
  host().ports_changed();
  answer_key_frame_requests();
}

// Media waits behind the pacer, and its takers are linked.
void PlayerElement::run() {
  if (!playback_ || !playback_->is_ready()) return;  // lost or stopped meanwhile
  if (!paused_) pacer_->resume();
  enter(paused_ ? v1::STATE_PAUSED : v1::STATE_PLAYING);
  start_item();
  answer(ok());
}

void PlayerElement::tell_tracks(const gst::Demuxer::Tracks& tracks) {
  for (const auto& codec : tracks.unsupported) {
    tell_once(error(StatusCode::kUnimplemented, "CODEC_UNSUPPORTED",
                    fmt::format("{}: kms does not know {}; that track is left out", said_uri(), codec)));
  }
  for (const auto& missing : missing_tracks(said_uri(), manner_.ports, tracks)) tell_once(missing);
}

// Tracks may be found more than once.
void PlayerElement::tell_once(const Status& fault) {
  if (told_.insert(message_of(fault)).second) host().fail(fault);
}

void PlayerElement::offer(size_t index, const gst::Ref<GstCaps>& caps) {
  auto& port = ports_.sources[index];
  port.offers.clear();
  if (!caps) return;
  const auto codec = gst::codec_of(caps.get());
  port.offers.push_back(codec->empty() ? graph::raw() : graph::encoded(*codec));
  port.reorders = bridge::reorders(caps.get());
  port.keeps_key_frame = !codec->empty();
  port.rare_key_frames = playback_->has_rare_key_frames(index);
}

Status PlayerElement::pause() {
  const bool waits = begin_when_retired_ || state_ == v1::STATE_RECONNECTING;
  if (!playback_ && !waits) return not_started("Pause");
  paused_ = true;
  if (!playback_ || !playback_->is_ready()) return ok();
  pacer_->pause();
  enter(v1::STATE_PAUSED);
  return ok();
}

void PlayerElement::ended() {
  if (reconnector_ && playback_->endless()) {
    return failed(
        error(StatusCode::kFailedPrecondition, "UNREADABLE", fmt::format("{}: the source has ended", uri())));
  }
  if (playback_->fell_short()) {
    return failed(error(StatusCode::kDataLoss, "TRUNCATED",
                        fmt::format("{}: its end is missing; what is there was played", uri())));
  }
  if (go_on()) return;
  if (!options_.loop() || !playback_->let_something_go()) return finish();
  if (!playback_->tracks().seekable) return begin_again();
  playback_->seek({0, false, manner_.speed}, guard_.wrap([this](const Status& status) {
    if (!status.ok() && playback_) failed(status);  // stopped meanwhile: nobody's failure
  }));
}

// What cannot be sought in is opened anew.
void PlayerElement::begin_again() {
  begin_when_retired_ = true;
  retire(false);
}

void PlayerElement::finish() {
  retire(items_.size() > 1 || reconnector_ != nullptr);
  item_ = 0;
  host().end_of_stream();
  enter(v1::STATE_ENDED);
}

// Of a list, the other items are played.
void PlayerElement::failed(const Status& why) {
  const auto status = without_credentials(why, uri());
  if (lost(status)) return;
  const bool ran = (playback_ && playback_->is_ready()) || (reconnector_ && reconnector_->has_run());
  if (items_.size() > 1 && ++passed_over_ < items_.size()) {
    host().fail(status);
    if (!go_on()) finish();
    return;
  }
  retire(!reconnector_);
  host().fail(status);
  if (ran) host().end_of_stream();
  enter(v1::STATE_FAILED);
  if (reconnector_ && closing_ == 0) reconnector_->give_up();
  answer(status);
}

// True: it is tried again.
bool PlayerElement::lost(const Status& status) {
  if (!reconnector_) return false;
  const auto event = reconnector_->plan(status, [this] { try_again(); });
  if (!event) return false;
  state_ = v1::STATE_RECONNECTING;
  host().emit(*event);
  retire(false);
  return true;
}

void PlayerElement::try_again() {
  if (playback_ || state_ != v1::STATE_RECONNECTING) return;
  begin_when_retired_ = closing_ > 0;
  if (closing_ == 0) begin();
}

void PlayerElement::stop(Done done) {
  begin_when_retired_ = false;
  if (reconnector_) reconnector_->stop();
  answer(error(StatusCode::kAborted, "STOPPED", "the player was stopped before media ran"));
  if (!stuck_.ok()) return done(stuck_);
  if (!playback_ && closing_ == 0 && !next_) {
    last_.position = {};
    item_ = 0;
    enter(v1::STATE_STOPPED);
    return done(ok());
  }
  stopping_.push_back(std::move(done));
  retire(false);
  last_.position = {};
  item_ = 0;
  enter(v1::STATE_STOPPED);
}

// Lets go of the run. A next run uses the same ports, so it waits until all is released.
void PlayerElement::retire(bool end_streams) {
  waits_for_next_ = false;
  passed_over_ = 0;
  drop_next();
  if (!playback_) return;
  last_ = position();
  let_go(std::move(playback_), end_streams);
}

void PlayerElement::retired(const Status& status) {
  --closing_;
  if (!status.ok()) stuck_ = status;
  if (closing_ > 0) return;
  if (state_ == v1::STATE_RECONNECTING && stuck_.ok()) reconnector_->bridge();
  if (state_ == v1::STATE_FAILED && reconnector_) reconnector_->give_up();
  if (begin_when_retired_ && stuck_.ok()) begin();
  if (!stuck_.ok()) answer(stuck_);
  for (auto& done : std::exchange(stopping_, {})) done(stuck_);
}

void PlayerElement::close(Done done) {
  const auto status = error(StatusCode::kAborted, "STOPPED", "the player was deleted before media ran");
  begin_when_retired_ = false;
  if (reconnector_) reconnector_->stop();
  answer(status);
  answer_probes(status);
  stopping_.push_back(std::move(done));
  retire(false);
  if (closing_ > 0) return;
  for (auto& waiting : std::exchange(stopping_, {})) waiting(stuck_);
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
  now.item = item_;
  now.speed = manner_.speed;
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
       .summary = "Plays a file or an http(s) address: its first sound and its first picture track, or "
                  "several of each.",
       .ports = {{"audio", DIRECTION_SOURCE, v1::MEDIA_KIND_AUDIO, {}},
                 {"video", DIRECTION_SOURCE, v1::MEDIA_KIND_VIDEO, {}}},
       .service = "kms.player.v1.PlayerService",
       .events = {"kms.player.v1.StateChanged", "kms.player.v1.ItemStarted", "kms.player.v1.Resuming"},
       .needs = {"filesrc", "appsrc", "parsebin", "multiqueue", "fakesink"}},
      player::PlayerElement::create));
}

}  // namespace kms
