// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/silence.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kms::gst {
namespace {

using Bytes = std::vector<uint8_t>;

struct Sound {
  int rate = 0;
  int channels = 1;
};

Sound sound_of(const GstStructure* structure) {
  Sound sound;
  gst_structure_get_int(structure, "rate", &sound.rate);
  gst_structure_get_int(structure, "channels", &sound.channels);
  return sound;
}

Silence frame_of(const Bytes& bytes, GstClockTime duration) {
  auto* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
  GST_BUFFER_DURATION(buffer) = duration;
  return {Ref<GstBuffer>::adopt(buffer), duration};
}

// A packet of 20 ms in which the CELT layer has no bits to spend (RFC 6716, 3.1: configuration 31, mono,
// which fits into stereo streams).
std::optional<Silence> opus(const Sound& sound) {
  if (sound.channels > 2) return std::nullopt;
  return frame_of({0xf8, 0xff, 0xfe}, 20 * GST_MSECOND);
}

// One frame per packet of 20 ms.
std::optional<Silence> companded(const Sound& sound, uint8_t zero) {
  if (sound.rate <= 0 || sound.channels <= 0) return std::nullopt;
  constexpr int kPerSecond = 50;
  return frame_of(Bytes(static_cast<size_t>(sound.rate / kPerSecond * sound.channels), zero),
                  20 * GST_MSECOND);
}

// Seven bytes before each frame (ISO 14496-3, 1.A.2.2).
Bytes adts(const Sound& sound, size_t size) {
  constexpr std::array kRates{96000, 88200, 64000, 48000, 44100, 32000,
                              24000, 22050, 16000, 12000, 11025, 8000};
  unsigned rate = 0;
  while (rate < kRates.size() && kRates.at(rate) != sound.rate) ++rate;
  if (rate == kRates.size()) return {};
  const auto channels = static_cast<unsigned>(sound.channels);
  const auto length = static_cast<unsigned>(size + 7);
  const auto byte = [](unsigned value) { return static_cast<uint8_t>(value & 0xff); };
  return {0xff,
          0xf1,
          byte(1U << 6 | rate << 2 | channels >> 2),
          byte((channels & 3) << 6 | length >> 11),
          byte(length >> 3),
          byte((length & 7) << 5 | 0x1f),
          0xfc};
}

// A single channel or a pair with common windows, whose spectra have no band (ISO 14496-3, 4.4.2).
std::optional<Silence> aac(const GstStructure* structure, const Sound& sound) {
  constexpr int kSamples = 1024;
  if (sound.rate <= 0 || sound.channels < 1 || sound.channels > 2) return std::nullopt;
  const auto* profile = gst_structure_get_string(structure, "profile");
  const auto* format = gst_structure_get_string(structure, "stream-format");
  if (profile != nullptr && std::string_view(profile) != "lc") return std::nullopt;
  Bytes frame = sound.channels == 1 ? Bytes{0x00, 0xc8, 0x00, 0x80, 0x23, 0x80}
                                    : Bytes{0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80};
  if (format != nullptr && std::string_view(format) == "adts") {
    const auto head = adts(sound, frame.size());
    if (head.empty()) return std::nullopt;
    frame.insert(frame.begin(), head.begin(), head.end());
  } else if (format == nullptr || std::string_view(format) != "raw") {
    return std::nullopt;
  }
  return frame_of(frame, gst_util_uint64_scale_int(GST_SECOND, kSamples, sound.rate));
}

}  // namespace

std::optional<Silence> silence_of(const GstCaps* caps) {
  const auto* structure = gst_caps_get_structure(caps, 0);
  const std::string_view type = gst_structure_get_name(structure);
  const auto sound = sound_of(structure);
  if (type == "audio/x-opus") return opus(sound);
  if (type == "audio/x-mulaw") return companded(sound, 0xff);
  if (type == "audio/x-alaw") return companded(sound, 0xd5);
  int version = 0;
  gst_structure_get_int(structure, "mpegversion", &version);
  return type == "audio/mpeg" && (version == 4 || version == 2) ? aac(structure, sound) : std::nullopt;
}

}  // namespace kms::gst
