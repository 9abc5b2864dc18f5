// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/names.hpp"

#include <algorithm>
#include <cctype>

namespace kms::webrtc {

std::string api_name(rtc::Codec codec) {
  std::string name(rtc::name_of(codec));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

std::optional<rtc::Codec> codec_of(std::string_view name) {
  const auto codec = rtc::codec_named(name);
  return codec && api_name(*codec) == name ? codec : std::nullopt;
}

const std::vector<rtc::Codec>& all_codecs() {
  using rtc::Codec;
  static const std::vector<Codec> all{Codec::kOpus, Codec::kPcmu, Codec::kPcma, Codec::kG722, Codec::kVp8,
                                      Codec::kH264, Codec::kVp9,  Codec::kAv1,  Codec::kH265};
  return all;
}

}  // namespace kms::webrtc
