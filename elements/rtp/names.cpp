// SPDX-License-Identifier: Apache-2.0
#include "elements/rtp/names.hpp"

#include <algorithm>
#include <cctype>

namespace kms::rtp {
namespace {

std::string name_of(rtc::Codec codec) {
  std::string name(rtc::name_of(codec));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

}  // namespace

const std::vector<rtc::Codec>& all_codecs() {
  using rtc::Codec;
  static const std::vector<Codec> all{Codec::kOpus, Codec::kPcmu, Codec::kPcma, Codec::kG722,
                                      Codec::kVp8,  Codec::kH264, Codec::kVp9,  Codec::kH265};
  return all;
}

std::optional<rtc::Codec> codec_of(std::string_view name) {
  const auto found = std::ranges::find(all_codecs(), name, name_of);
  return found == all_codecs().end() ? std::nullopt : std::optional(*found);
}

std::string names_of_all() {
  std::string names;
  for (const auto codec : all_codecs()) names += (names.empty() ? "" : ", ") + name_of(codec);
  return names;
}

graph::Format format_of(rtc::Codec codec) { return graph::rtp(name_of(codec)); }

graph::Formats formats_of(const std::vector<rtc::Codec>& codecs, bool video) {
  graph::Formats formats;
  for (const auto codec : codecs) {
    if (rtc::is_audio(codec) != video) formats.push_back(format_of(codec));
  }
  return formats;
}

}  // namespace kms::rtp
