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

// A source port, and the track that goes to it.
struct PortChoice {
  std::string name;
  bool video;
  gst::TrackChoice track = {};
};

// How media is played, as the options say it.
struct Manner {
  std::vector<PortChoice> ports = {};  // "audio", "video", then those of further tracks
  bool decode_sound = false;
  double volume = 1;
  double speed = 1;
  unsigned still_rate = 10;
  GstClockTime still_duration = 0;  // nanoseconds; 0: for ever
};

// Errors: INVALID_OPTIONS, INVALID_ID, PORT_EXISTS.
Result<Manner> manner_of(const v1::PlayerOptions& options);

// `uri`, if there is one, and `uris`. Errors: INVALID_OPTIONS.
Result<std::vector<std::string>> items_of(const v1::PlayerOptions& options);

// Errors: SPEED, VOLUME.
Status check_speed(double speed);
Status check_volume(double volume);

}  // namespace kms::player
