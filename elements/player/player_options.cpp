// SPDX-License-Identifier: Apache-2.0
#include "elements/player/player_options.hpp"

#include <fmt/format.h>

namespace kms::player {
namespace {

constexpr int kMostItems = 1000;
constexpr unsigned kHighestRate = 60;
constexpr GstClockTime kStillInAList = 5 * GST_SECOND;
constexpr int64_t kLongestStill = 24 * 60 * 60;  // seconds

Status invalid(const std::string& text) {
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS", text);
}

Status set_tracks(const v1::PlayerOptions& options, Manner& manner) {
  if (options.without_audio() && options.without_video()) {
    return invalid("without_audio and without_video: nothing would be left");
  }
  manner.audio = {options.without_audio(), options.audio_track(), options.audio_language()};
  manner.video = {options.without_video(), options.video_track(), {}};
  if (options.audio_language().empty()) return ok();
  if (options.audio_track() > 0) return invalid("audio_track and audio_language: one of both is enough");
  if (!gst::language_code(options.audio_language()).empty()) return ok();
  return invalid(fmt::format("audio_language: \"{}\" is no language code of ISO 639, as \"en\" or \"deu\"",
                             options.audio_language()));
}

Status set_still(const v1::PlayerOptions& options, Manner& manner) {
  if (options.still_frame_rate() > kHighestRate) {
    return invalid(
        fmt::format("still_frame_rate: {} is not from 1 to {}", options.still_frame_rate(), kHighestRate));
  }
  if (options.still_frame_rate() > 0) manner.still_rate = options.still_frame_rate();
  const auto& given = options.still_duration();
  const bool fits = given.seconds() >= 0 && given.nanos() >= 0 && given.seconds() <= kLongestStill;
  if (!fits) return invalid("still_duration is not from 0 to 24 h");
  manner.still_duration =
      static_cast<GstClockTime>(given.seconds()) * GST_SECOND + static_cast<GstClockTime>(given.nanos());
  if (manner.still_duration == 0 && options.uris_size() > 0) manner.still_duration = kStillInAList;
  return ok();
}

}  // namespace

Status check_speed(double speed) {
  if (speed >= kSlowest && speed <= kFastest) return ok();
  return error(StatusCode::kInvalidArgument, "SPEED",
               fmt::format("a speed of {} is not from {} to {}", speed, kSlowest, kFastest));
}

Status check_volume(double volume) {
  if (volume >= 0 && volume <= kLoudest) return ok();
  return error(StatusCode::kInvalidArgument, "VOLUME",
               fmt::format("a volume of {} is not from 0 to {}", volume, kLoudest));
}

Result<Manner> manner_of(const v1::PlayerOptions& options) {
  Manner manner;
  for (auto* set : {set_tracks, set_still}) {
    const auto status = set(options, manner);
    if (!status.ok()) return status;
  }
  if (options.speed() != 0) manner.speed = options.speed();
  if (options.has_volume()) manner.volume = options.volume();
  for (const auto& status : {check_speed(manner.speed), check_volume(manner.volume)}) {
    if (!status.ok()) return invalid(message_of(status));
  }
  manner.decode_sound = options.has_volume() || manner.speed != 1;
  return manner;
}

Result<std::vector<std::string>> items_of(const v1::PlayerOptions& options) {
  std::vector<std::string> items;
  if (!options.uri().empty() || options.uris_size() == 0) items.push_back(options.uri());
  items.insert(items.end(), options.uris().begin(), options.uris().end());
  if (items.size() <= kMostItems) return items;
  return invalid(fmt::format("uris: {} are more than {}", items.size(), kMostItems));
}

}  // namespace kms::player
