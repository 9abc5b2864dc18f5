// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/rtp_chains.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "kms-core/rtc/sdp/format_parameters.hpp"

namespace kms::bridge {
namespace {

struct Chain {
  rtc::Codec codec;
  const char* depayloader;
  const char* payloader;  // {} is the size of a packet
};

// Whole access units with their parameter sets in band, so that every key frame can be begun with. Time
// stamps are made of capture times (perfect-rtptime would count the encoder's samples). Sound of 20 ms a
// packet.
constexpr std::array kChains{
    // Muxers want to know Opus's rate, which is always the same (RFC 7587).
    Chain{rtc::Codec::kOpus, "rtpopusdepay ! capssetter caps=audio/x-opus,rate=48000",
          "rtpopuspay perfect-rtptime=false mtu={}"},
    Chain{rtc::Codec::kPcmu, "rtppcmudepay",
          "rtppcmupay perfect-rtptime=false min-ptime=20000000 max-ptime=20000000 mtu={}"},
    Chain{rtc::Codec::kPcma, "rtppcmadepay",
          "rtppcmapay perfect-rtptime=false min-ptime=20000000 max-ptime=20000000 mtu={}"},
    Chain{rtc::Codec::kG722, "rtpg722depay",
          "rtpg722pay perfect-rtptime=false min-ptime=20000000 max-ptime=20000000 mtu={}"},
    Chain{rtc::Codec::kVp8, "rtpvp8depay", "rtpvp8pay perfect-rtptime=false picture-id-mode=2 mtu={}"},
    Chain{rtc::Codec::kVp9, "rtpvp9depay", "rtpvp9pay perfect-rtptime=false picture-id-mode=2 mtu={}"},
    Chain{
        rtc::Codec::kH264,
        "rtph264depay ! video/x-h264,stream-format=byte-stream,alignment=au ! h264parse config-interval=-1 ! "
        "capsfilter caps=video/x-h264,stream-format=byte-stream,alignment=au",
        "h264parse ! video/x-h264,stream-format=byte-stream,alignment=au ! "
        "rtph264pay perfect-rtptime=false config-interval=-1 aggregate-mode=zero-latency mtu={}"},
    Chain{
        rtc::Codec::kH265,
        "rtph265depay ! video/x-h265,stream-format=byte-stream,alignment=au ! h265parse config-interval=-1 ! "
        "capsfilter caps=video/x-h265,stream-format=byte-stream,alignment=au",
        "h265parse ! video/x-h265,stream-format=byte-stream,alignment=au ! "
        "rtph265pay perfect-rtptime=false config-interval=-1 aggregate-mode=zero-latency mtu={}"},
};

Result<Chain> chain_of(rtc::Codec codec) {
  const auto* found =
      std::find_if(kChains.begin(), kChains.end(), [codec](const Chain& c) { return c.codec == codec; });
  if (found != kChains.end()) return *found;
  return error(StatusCode::kUnimplemented, "CODEC_UNSUPPORTED",
               fmt::format("{} cannot cross between packets and frames", rtc::name_of(codec)));
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return g_ascii_toupper(c); });
  return out;
}

}  // namespace

Result<std::string> depayloader_chain(rtc::Codec codec) {
  const auto chain = chain_of(codec);
  if (!chain.ok()) return chain.status();
  return std::string(chain->depayloader);
}

Result<std::string> payloader_chain(rtc::Codec codec, size_t mtu) {
  const auto chain = chain_of(codec);
  if (!chain.ok()) return chain.status();
  return fmt::format(fmt::runtime(chain->payloader), mtu);
}

gst::Ref<GstCaps> rtp_caps(rtc::Codec codec, const std::string& parameters) {
  auto* caps = gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, rtc::is_audio(codec) ? "audio" : "video", "encoding-name",
      G_TYPE_STRING, upper(rtc::name_of(codec)).c_str(), "clock-rate", G_TYPE_INT,
      static_cast<gint>(rtc::clock_rate_of(codec)), "payload", G_TYPE_INT, gint{kPayloadType}, nullptr);
  // Each packet says whether it is stereo; two channels take both.
  if (codec == rtc::Codec::kOpus) gst_caps_set_simple(caps, "sprop-stereo", G_TYPE_STRING, "1", nullptr);
  for (const char* name : {"sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps"}) {
    const auto value = rtc::parameter_of(parameters, name);
    if (value) gst_caps_set_simple(caps, name, G_TYPE_STRING, std::string(*value).c_str(), nullptr);
  }
  return gst::Ref<GstCaps>::adopt(caps);
}

}  // namespace kms::bridge
