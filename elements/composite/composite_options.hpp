// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "kms-core/base/status.hpp"
#include "kms-core/mix/layout.hpp"
#include "kms-core/mix/mixer_options.hpp"
#include "kms-core/mix/picture_mixer.hpp"
#include "kms/composite/v1/composite.pb.h"

namespace kms::composite {

// CompositeOptions but for hub ports and background, checked.
struct Settings {
  mix::PictureMixer::Options picture;
  mix::SoundMixer::Options sound;
  mix::Layout layout;
  std::chrono::nanoseconds patience{};
};
// Errors: INVALID_OPTIONS, LAYOUT_INVALID.
Result<Settings> read(const v1::CompositeOptions& options);
// Errors: LAYOUT_INVALID.
Result<mix::Layout> read(const v1::Layout& layout, const mix::Size& picture);
// Errors: INVALID_OPTIONS.
Result<mix::Color> read_color(const char* field, uint32_t color);

}  // namespace kms::composite
