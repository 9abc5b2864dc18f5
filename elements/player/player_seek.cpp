// SPDX-License-Identifier: Apache-2.0
// Where a player goes in its media, and how fast.
#include <fmt/format.h>

#include <utility>

#include "elements/player/player.hpp"
#include "elements/player/words/live_uri.hpp"
#include "kms-core/base/config.hpp"

namespace kms::player {

Status PlayerElement::not_started(const std::string& what) {
  return error(StatusCode::kFailedPrecondition, "NOT_STARTED",
               fmt::format("nothing plays: Play before {}", what));
}

Status PlayerElement::not_seekable() const {
  return error(StatusCode::kFailedPrecondition, "NOT_SEEKABLE",
               fmt::format("{} cannot be sought in", said_uri()));
}

Status PlayerElement::seekable_to(const Seek& to) const {
  if (!playback_ || !playback_->is_ready()) return not_started("Seek");
  const auto& tracks = playback_->tracks();
  if (!tracks.seekable) return not_seekable();
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
  playback_->seek({static_cast<GstClockTime>(to.position.count()), to.to_key_frame, manner_.speed},
                  std::move(done));
}

// The same place again: from there on time runs otherwise.
void PlayerElement::set_speed(double speed, Done done) {
  const auto known = check_speed(speed);
  if (!known.ok()) return done(known);
  const auto now = position();
  auto status = seekable_to({now.position});
  if (!status.ok()) return done(status);
  manner_.speed = speed;
  drop_next();  // it is at another speed
  playback_->seek({static_cast<GstClockTime>(now.position.count()), false, speed}, std::move(done));
  if (has_next()) look_ahead_ = host().loop().every(std::chrono::milliseconds(250), [this] { look_ahead(); });
}

Status PlayerElement::set_volume(double volume) {
  const auto known = check_volume(volume);
  if (!known.ok()) return known;
  if (!options_.has_volume()) {
    return error(StatusCode::kFailedPrecondition, "SOUND_NOT_DECODED",
                 "set PlayerOptions.volume: without it sound is handed on as it is");
  }
  manner_.volume = volume;
  if (playback_) playback_->set_volume(volume);
  return ok();
}

std::string PlayerElement::said_uri() const { return without_credentials(uri(), uri()); }

void PlayerElement::skip_gaps() {
  auto tell = guard_.wrap([this](GstClockTime gap) {
    host().fail(
        error(StatusCode::kDataLoss, "TIME_GAP",
              fmt::format("{}: {} s in which nothing was due were skipped", said_uri(), gap / GST_SECOND)));
  });
  const std::chrono::nanoseconds longest(host().config().player.longest_gap);
  pacer_->skip_gaps(
      static_cast<GstClockTime>(longest.count()),
      [&loop = host().loop(), tell](GstClockTime gap) { loop.post([tell, gap]() mutable { tell(gap); }); });
}

void PlayerElement::key_frames_are_rare(size_t port) {
  ports_.sources[port].rare_key_frames = true;
  host().ports_changed();
}

void PlayerElement::answer_key_frame_requests() {
  for (size_t i = 0; i < ports_.sources.size(); ++i) {
    if (!manner_.ports[i].video) continue;
    auto wanted = guard_.wrap([this, i] { go_back_to_key_frame(i); });
    ports_.sources[i].media->on_key_unit_request([&loop = host().loop(), wanted] { loop.post(wanted); });
  }
}

size_t PlayerElement::takers_of_pictures() const {
  size_t count = 0;
  for (const auto& port : ports_.sources) {
    if (port.kind == kms::v1::MEDIA_KIND_VIDEO) count += port.media->takers();
  }
  return count;
}

// Whoever takes pictures whose key frames are rare could wait long for the next one, and what came since the
// last one is too much to be kept: so it is read again. Not where others take them too, who had it all.
void PlayerElement::go_back_to_key_frame(size_t index) {
  const auto& port = ports_.sources[index];
  const bool can = playback_ && playback_->is_ready() && playback_->tracks().seekable && !going_back_;
  const bool must = port.rare_key_frames && takers_of_pictures() == 1 && port.media->kept().empty();
  if (!can || !must || !playback_->let_something_go()) return;
  going_back_ = true;
  playback_->seek({playback_->position(), false, manner_.speed},
                  guard_.wrap([this](const Status&) { going_back_ = false; }));
}

}  // namespace kms::player
