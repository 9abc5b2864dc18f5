// SPDX-License-Identifier: Apache-2.0
#include "elements/player/rtsp_formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kms::player {
namespace {

struct Format {
  const char* encoding;
  const char* chain;
};

// H.264 and H.265 with a configuration record, which says more of the stream than its profile does, and which
// files need.
constexpr std::array kFormats{
    Format{"H264",
           "rtph264depay wait-for-keyframe=true ! video/x-h264,stream-format=avc,alignment=au ! h264parse ! "
           "capsfilter "
           "caps=video/x-h264,stream-format=avc,alignment=au"},
    Format{"H265",
           "rtph265depay ! h265parse ! capsfilter "
           "caps=video/x-h265,stream-format=hvc1,alignment=au"},
    Format{"VP8", "rtpvp8depay wait-for-keyframe=true"},
    Format{"VP9", "rtpvp9depay wait-for-keyframe=true"},
    Format{"JPEG", "rtpjpegdepay"},
    Format{"MP4V-ES", "rtpmp4vdepay ! mpeg4videoparse"},
    Format{"OPUS", "rtpopusdepay ! capssetter caps=audio/x-opus,rate=48000"},
    Format{"MPEG4-GENERIC", "rtpmp4gdepay ! aacparse"},
    Format{"MP4A-LATM", "rtpmp4adepay ! aacparse"},
    Format{"PCMU", "rtppcmudepay"},
    Format{"PCMA", "rtppcmadepay"},
    Format{"G722", "rtpg722depay"},
    Format{"MPA", "rtpmpadepay ! mpegaudioparse"},
};

}  // namespace

Result<std::string> depayloading(const RtspStream& stream) {
  const auto* found = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const Format& format) { return stream.encoding == format.encoding; });
  if (found != kFormats.end() && stream.clock_rate > 0) return std::string(found->chain);
  return error(StatusCode::kUnimplemented, "CODEC_UNSUPPORTED",
               fmt::format("kms does not know {} over RTP", stream.encoding));
}

gst::Ref<GstCaps> rtp_caps_of(const RtspStream& stream) {
  auto* caps = gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, stream.video ? "video" : "audio", "encoding-name",
      G_TYPE_STRING, stream.encoding.c_str(), "clock-rate", G_TYPE_INT, static_cast<gint>(stream.clock_rate),
      "payload", G_TYPE_INT, static_cast<gint>(stream.payload), nullptr);
  if (stream.channels > 0) {
    gst_caps_set_simple(caps, "encoding-params", G_TYPE_STRING, std::to_string(stream.channels).c_str(),
                        nullptr);
  }
  for (const auto& [name, value] : stream.parameters) {
    const bool ours = name == "media" || name == "payload" || name == "clock-rate" || name == "encoding-name";
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    const bool named = name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), fits);
    const bool utf8 = g_utf8_validate(value.data(), static_cast<gssize>(value.size()), nullptr) != FALSE;
    if (named && utf8 && !ours)
      gst_caps_set_simple(caps, name.c_str(), G_TYPE_STRING, value.c_str(), nullptr);
  }
  return gst::Ref<GstCaps>::adopt(caps);
}

}  // namespace kms::player
