// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/mix/sound_mixer.hpp"
#include "kms/v1/mixer.pb.h"

namespace kms::mix {

// Reads kms/v1/mixer.proto. `loudest`: how many are heard where nothing is said. Errors: INVALID_OPTIONS.
Result<SoundMixer::Options> read(const v1::SoundMix& sound, size_t loudest);

struct InputSettings {
  std::string display_name;
  double gain = 1;
  bool muted = false;
};
Result<InputSettings> read(const v1::MixerInput& input, const std::string& port_id);

}  // namespace kms::mix
