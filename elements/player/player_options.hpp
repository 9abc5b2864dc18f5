// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/track_choice.hpp"
#include "kms/player/v1/player.pb.h"

namespace kms::player {

inline constexpr double kSlowest = 0.5;
inline constexpr double kFastest = 2;
inline constexpr double kLoudest = 10;

// How media is played, as the options say it.
struct Manner {
  gst::TrackChoice audio = {};
  gst::TrackChoice video = {};
  bool decode_sound = false;
  double volume = 1;
  double speed = 1;
  unsigned still_rate = 10;
  GstClockTime still_duration = 0;  // nanoseconds; 0: for ever
};

// Errors: INVALID_OPTIONS.
Result<Manner> manner_of(const v1::PlayerOptions& options);

// `uri`, if there is one, and `uris`. Errors: INVALID_OPTIONS.
Result<std::vector<std::string>> items_of(const v1::PlayerOptions& options);

// Errors: SPEED, VOLUME.
Status check_speed(double speed);
Status check_volume(double volume);

}  // namespace kms::player
