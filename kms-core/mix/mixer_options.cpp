// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/mixer_options.hpp"

#include <fmt/format.h>

#include "kms-core/graph/catalog.hpp"

namespace kms::mix {
namespace {

constexpr double kMostGain = 8;
constexpr size_t kLongestName = 200;

// 0 is the default.
Status take(const char* field, uint32_t value, std::pair<uint32_t, uint32_t> range, uint32_t& into) {
  if (value == 0) return ok();
  if (value < range.first || value > range.second) {
    return graph::invalid_option(
        field, fmt::format("{} is not allowed; {} to {}", value, range.first, range.second));
  }
  into = value;
  return ok();
}

}  // namespace

Result<SoundMixer::Options> read(const v1::SoundMix& sound, size_t loudest) {
  SoundMixer::Options out;
  auto most = static_cast<uint32_t>(loudest);
  uint32_t quiet = out.loudest.quiet;
  for (const auto& status :
       {take("sound.channels", sound.channels(), {1, 2}, out.channels),
        take("sound.bitrate_bps", sound.bitrate_bps(), {6'000, 510'000}, out.bitrate_bps),
        take("sound.loudest", sound.loudest(), {1, 1'000}, most),
        take("sound.quiet_dbov", sound.quiet_dbov(), {1, kSilent}, quiet)}) {
    if (!status.ok()) return status;
  }
  out.loudest = {most, static_cast<uint8_t>(quiet)};
  return out;
}

Result<InputSettings> read(const v1::MixerInput& input, const std::string& port_id) {
  const double gain = input.has_gain() ? input.gain() : 1;
  if (!(gain >= 0 && gain <= kMostGain))
    return graph::invalid_option("input.gain", fmt::format("{} is not allowed; 0 to {}", gain, kMostGain));
  const auto& name = input.display_name();
  if (name.size() > kLongestName) {
    return graph::invalid_option("input.display_name",
                                 fmt::format("{} bytes; at most {}", name.size(), kLongestName));
  }
  return InputSettings{name.empty() ? port_id : name, gain, input.muted()};
}

}  // namespace kms::mix
