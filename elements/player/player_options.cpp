// SPDX-License-Identifier: Apache-2.0
#include "elements/player/player_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/graph/names.hpp"

namespace kms::player {
namespace {

constexpr int kMostItems = 1000;
constexpr unsigned kMostOfAKind = 8;  // as many as a recorder has
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
  manner.ports = {
      {"audio", false, {options.without_audio(), options.audio_track(), options.audio_language()}},
      {"video", true, {options.without_video(), options.video_track(), {}}}};
  if (options.audio_language().empty()) return ok();
  if (options.audio_track() > 0) return invalid("audio_track and audio_language: one of both is enough");
  if (!gst::language_code(options.audio_language()).empty()) return ok();
  return invalid(fmt::format("audio_language: \"{}\" is no language code of ISO 639, as \"en\" or \"deu\"",
                             options.audio_language()));
}

gst::TrackChoice choice_of(const v1::FurtherTrack& asked) {
  return {.none = false, .number = asked.number(), .language = asked.language()};
}

Status check_choice(const v1::FurtherTrack& asked) {
  if (asked.kind() != v1::Track::AUDIO && asked.kind() != v1::Track::VIDEO) {
    return invalid("further_tracks: kind is neither AUDIO nor VIDEO");
  }
  if ((asked.number() > 0) == !asked.language().empty()) {
    return invalid("further_tracks: either a number or a language, and not both");
  }
  if (asked.language().empty() || !gst::language_code(asked.language()).empty()) return ok();
  return invalid(fmt::format("further_tracks: \"{}\" is no language code of ISO 639, as \"en\" or \"deu\"",
                             asked.language()));
}

// Among the ports of its kind that there are: is the track still to be had, and the name?
Status check_port(const PortChoice& port, const std::vector<PortChoice>& ports) {
  unsigned of_its_kind = 0;
  for (const auto& other : ports) {
    if (other.name == port.name) {
      return error(StatusCode::kAlreadyExists, "PORT_EXISTS",
                   fmt::format("further_tracks: there is a port \"{}\" already", port.name));
    }
    if (other.video != port.video) continue;
    ++of_its_kind;
    if (other.track.none) {
      return invalid(fmt::format("further_tracks: without_{} leaves them out", other.name));
    }
    const bool by_language = !other.track.language.empty();
    if (by_language || port.track.number != std::max(other.track.number, 1U)) continue;
    return invalid(
        fmt::format("further_tracks: track {} goes to port \"{}\" already", port.track.number, other.name));
  }
  if (of_its_kind < kMostOfAKind) return ok();
  return invalid(fmt::format("further_tracks: more than {} tracks of a kind", kMostOfAKind));
}

// "audio-2", "audio-3", ...: as a recorder's sink ports.
std::string usual_name(const std::vector<PortChoice>& ports, bool video) {
  const auto count =
      std::count_if(ports.begin(), ports.end(), [&](const auto& port) { return port.video == video; });
  return fmt::format("{}-{}", video ? "video" : "audio", count + 1);
}

Status set_further(const v1::PlayerOptions& options, Manner& manner) {
  for (const auto& asked : options.further_tracks()) {
    auto status = check_choice(asked);
    if (!status.ok()) return status;
    const bool video = asked.kind() == v1::Track::VIDEO;
    const auto name = asked.port_id().empty() ? usual_name(manner.ports, video) : asked.port_id();
    PortChoice port{name, video, choice_of(asked)};
    for (const auto& check : {graph::check_id(name), check_port(port, manner.ports)}) {
      if (!check.ok()) return check;
    }
    manner.ports.push_back(std::move(port));
  }
  return ok();
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
  for (auto* set : {set_tracks, set_further, set_still}) {
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
