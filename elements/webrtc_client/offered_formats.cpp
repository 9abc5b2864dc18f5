// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/offered_formats.hpp"

#include <algorithm>
#include <array>

#include "elements/webrtc_client/settings.hpp"

namespace kms::webrtc_client {
namespace {

struct Number {
  rtc::Codec codec;
  uint8_t type;
};
// The next number is that of its RTX, for pictures.
constexpr std::array kNumbers{
    Number{rtc::Codec::kOpus, 111}, Number{rtc::Codec::kPcmu, 0},   Number{rtc::Codec::kPcma, 8},
    Number{rtc::Codec::kG722, 9},   Number{rtc::Codec::kVp8, 96},   Number{rtc::Codec::kVp9, 98},
    Number{rtc::Codec::kH264, 102}, Number{rtc::Codec::kH265, 104}, Number{rtc::Codec::kAv1, 106}};

}  // namespace

gst::RtpFormat offered_format(rtc::Codec codec) {
  const auto type = std::ranges::find(kNumbers, codec, &Number::codec)->type;
  gst::RtpFormat format{.video = !rtc::is_audio(codec),
                        .type = type,
                        .encoding = api_name(codec),
                        .clock_rate = rtc::clock_rate_of(codec)};
  if (format.video) format.repair = static_cast<uint8_t>(type + 1);
  if (codec == rtc::Codec::kOpus) {
    format.channels = 2;
    format.parameters = {{"minptime", "10"}, {"useinbandfec", "1"}};
  } else if (codec == rtc::Codec::kH264) {
    format.parameters = {
        {"level-asymmetry-allowed", "1"}, {"packetization-mode", "1"}, {"profile-level-id", "42e01f"}};
  }
  return format;
}

std::vector<gst::RtpFormat> offered_formats(const std::vector<rtc::Codec>& codecs) {
  std::vector<gst::RtpFormat> formats;
  std::ranges::transform(codecs, std::back_inserter(formats), offered_format);
  return formats;
}

}  // namespace kms::webrtc_client
