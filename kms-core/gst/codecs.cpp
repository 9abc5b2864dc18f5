// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/codecs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "kms-core/gst/factory.hpp"

namespace kms::gst {
namespace {

struct Codec {
  std::string_view name;
  std::string_view caps;     // media type
  int version;               // mpegversion, 0: any
  std::string_view decoder;  // chain; empty: none
  std::string_view encoder;  // chain with {kbps} and {bps}; empty: none
  bool video;
};

// One encoder thread per stream: the number of threads follows the media that is processed, not the cores.
// Opus: what is missing is concealed; to use what the next packet tells of it, the decoder is one packet
// behind. VP8 and VP9: deadline=1 and cpu-used are what makes them live; H.264: zerolatency holds nothing
// back, which VP9 needs lag-in-frames=0 for (it would hold 25 pictures).
constexpr std::array kCodecs{
    Codec{"VP8", "video/x-vp8", 0, "vp8dec",
          "vp8enc name=encoder deadline=1 cpu-used=8 threads=1 end-usage=cbr target-bitrate={bps} "
          "keyframe-max-dist=240 "
          "error-resilient=default",
          true},
    Codec{"VP9", "video/x-vp9", 0, "vp9dec",
          "vp9enc name=encoder deadline=1 cpu-used=8 lag-in-frames=0 threads=1 end-usage=cbr "
          "target-bitrate={bps} keyframe-max-dist=240",
          true},
    Codec{"H264", "video/x-h264", 0, "h264parse ! avdec_h264 max-threads=1",
          "x264enc name=encoder tune=zerolatency speed-preset=veryfast threads=1 bitrate={kbps} "
          "key-int-max=240 ! "
          "video/x-h264,profile=constrained-baseline ! h264parse",
          true},
    Codec{"H265", "video/x-h265", 0, "h265parse ! avdec_h265 max-threads=1",
          "x265enc name=encoder tune=zerolatency speed-preset=ultrafast "
          "option-string=pools=none:frame-threads=1 "
          "bitrate={kbps} key-int-max=240 ! "
          "h265parse",
          true},
    Codec{"AV1", "video/x-av1", 0, "av1parse ! av1dec", "", true},
    Codec{"THEORA", "video/x-theora", 0, "theoradec", "", true},
    Codec{"JPEG", "image/jpeg", 0, "jpegdec", "", true},
    Codec{"MPEG2", "video/mpeg", 2, "mpegvideoparse ! avdec_mpeg2video max-threads=1", "", true},
    Codec{"MPEG1", "video/mpeg", 1, "mpegvideoparse ! avdec_mpegvideo max-threads=1", "", true},
    Codec{"MPEG4", "video/mpeg", 4, "mpeg4videoparse ! avdec_mpeg4 max-threads=1", "", true},
    Codec{"OPUS", "audio/x-opus", 0, "opusdec", "opusenc name=encoder bitrate={bps}", false},
    Codec{"AAC", "audio/mpeg", 4, "aacparse ! avdec_aac", "avenc_aac name=encoder bitrate={bps} ! aacparse",
          false},
    Codec{"AAC", "audio/mpeg", 2, "aacparse ! avdec_aac", "avenc_aac name=encoder bitrate={bps} ! aacparse",
          false},
    Codec{"MP3", "audio/mpeg", 1, "mpegaudioparse ! mpg123audiodec", "", false},
    Codec{"VORBIS", "audio/x-vorbis", 0, "vorbisdec", "", false},
    Codec{"FLAC", "audio/x-flac", 0, "flacparse ! flacdec", "flacenc name=encoder ! flacparse", false},
    Codec{"PCMU", "audio/x-mulaw", 0, "mulawdec", "audio/x-raw,rate=8000,channels=1 ! mulawenc name=encoder",
          false},
    Codec{"PCMA", "audio/x-alaw", 0, "alawdec", "audio/x-raw,rate=8000,channels=1 ! alawenc name=encoder",
          false},
    Codec{"G722", "audio/G722", 0, "avdec_g722",
          "audio/x-raw,rate=16000,channels=1 ! avenc_g722 name=encoder", false},
};

const Codec* find(std::string_view name) {
  const auto* found =
      std::find_if(kCodecs.begin(), kCodecs.end(), [&](const Codec& c) { return c.name == name; });
  return found == kCodecs.end() ? nullptr : found;
}

Status unsupported(const std::string& codec, std::string_view what) {
  return error(StatusCode::kUnimplemented, "CODEC_UNSUPPORTED",
               fmt::format("kms has no {} for {}", what, codec));
}

bool matches(const Codec& codec, const GstStructure* structure) {
  if (!gst_structure_has_name(structure, std::string(codec.caps).c_str())) return false;
  int version = 0;
  gst_structure_get_int(structure, "mpegversion", &version);
  return codec.version == 0 || codec.version == version;
}

std::string replace(std::string text, std::string_view from, const std::string& to) {
  const auto at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// Chains are data: every word that stands where an element stands must be installed.
bool installed(std::string_view chain) {
  bool expects_element = true;
  for (size_t at = 0; at < chain.size();) {
    const auto end = std::min(chain.find(' ', at), chain.size());
    const auto word = chain.substr(at, end - at);
    const bool caps = word.find('/') != std::string_view::npos;
    if (expects_element && !caps && !has_factory(std::string(word))) return false;
    expects_element = word == "!";
    at = end + 1;
  }
  return true;
}

}  // namespace

Result<std::string> codec_of(const GstCaps* caps) {
  const auto* structure = gst_caps_get_structure(caps, 0);
  const std::string_view type = gst_structure_get_name(structure);
  if (type == "video/x-raw" || type == "audio/x-raw") return std::string();
  const auto* found =
      std::find_if(kCodecs.begin(), kCodecs.end(), [&](const Codec& c) { return matches(c, structure); });
  if (found == kCodecs.end()) return unsupported(std::string(type), "name");
  return std::string(found->name);
}

Result<std::string> decoder_chain(const std::string& codec, CameAs came) {
  const auto* found = find(codec);
  if (found == nullptr || found->decoder.empty()) return unsupported(codec, "decoder");
  const std::string decoder(found->decoder);
  const bool packets = came == CameAs::kPackets;
  if (!found->video) return packets && codec == "OPUS" ? decoder + " plc=true use-inband-fec=true" : decoder;
  // A file may have formats that videoflip does not know; for all others this does nothing.
  return decoder + (packets ? "" : " ! videoconvert") + " ! videoflip video-direction=auto";
}

Result<std::string> encoder_chain(const std::string& codec, uint32_t bitrate_bps) {
  const auto* found = find(codec);
  if (found == nullptr || found->encoder.empty()) return unsupported(codec, "encoder");
  const std::string before = found->video ? "videoconvert ! " : "audioconvert ! audioresample ! ";
  auto encoder = replace(std::string(found->encoder), "{kbps}", std::to_string(bitrate_bps / 1000));
  return before + replace(encoder, "{bps}", std::to_string(bitrate_bps));
}

void set_bitrate(GstElement* encoder, uint32_t bitrate_bps) {
  auto* type = G_OBJECT_GET_CLASS(encoder);
  if (g_object_class_find_property(type, "target-bitrate") != nullptr) {
    g_object_set(encoder, "target-bitrate", static_cast<gint>(bitrate_bps), nullptr);
    return;
  }
  const std::string_view factory = GST_OBJECT_NAME(gst_element_get_factory(encoder));
  const bool in_kbps = factory == "x264enc" || factory == "x265enc";
  g_object_set(encoder, "bitrate", static_cast<guint>(in_kbps ? bitrate_bps / 1000 : bitrate_bps), nullptr);
}

bool can_encode(const std::string& codec) {
  const auto* found = find(codec);
  return found != nullptr && !found->encoder.empty() && installed(found->encoder);
}

bool can_decode(const std::string& codec) {
  const auto* found = find(codec);
  return found != nullptr && !found->decoder.empty() && installed(found->decoder);
}

}  // namespace kms::gst
