// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/codec_setup.hpp"

#include "elements/recorder/boxes.hpp"
#include "elements/recorder/bytes.hpp"

namespace kms::recorder {
namespace {

// RFC 7845, section 5.1: one or two channels need no mapping.
std::string opus_head(const gst::TrackFormat& format) {
  if (!format.headers.empty() && format.headers[0].starts_with("OpusHead")) return format.headers[0];
  std::string out = "OpusHead";
  put(out, 1, 1);
  put(out, format.channels != 0 ? format.channels : 2, 1);
  out += std::string(2, '\0');  // nothing to skip: it begins in the middle of a stream
  out += std::string("\x80\xbb\0\0", 4);
  return out + std::string(3, '\0');
}

unsigned little(const std::string& bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]) |
         static_cast<unsigned>(static_cast<unsigned char>(bytes[at + 1])) << 8U;
}

// Several headers in one: how many more, the lengths of all but the last, the headers.
std::string laced(const std::vector<std::string>& headers) {
  if (headers.empty()) return {};
  std::string out = number(headers.size() - 1, 1);
  for (size_t i = 0; i + 1 < headers.size(); ++i) {
    out += std::string(headers[i].size() / 255, '\xff') + number(headers[i].size() % 255, 1);
  }
  for (const auto& header : headers) out += header;
  return out;
}

// "fLaC" and the metadata blocks; the first header has Ogg's framing of 9 bytes before them.
std::string flac(const std::vector<std::string>& headers) {
  std::string out;
  for (const auto& header : headers) out += out.empty() && header.size() > 9 ? header.substr(9) : header;
  return out;
}

// WAVEFORMATEX.
std::string wave(const gst::TrackFormat& format) {
  const auto small = [](std::string& out, unsigned value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) put(out, value >> (8 * i) & 0xffU, 1);
  };
  const unsigned channels = format.channels != 0 ? format.channels : 1;
  const unsigned rate = format.rate != 0 ? format.rate : 8000;
  std::string out;
  small(out, format.codec == "PCMU" ? 7 : 6, 2);
  small(out, channels, 2);
  small(out, rate, 4);
  small(out, rate * channels, 4);
  small(out, channels, 2);
  small(out, 8, 2);
  small(out, 0, 2);
  return out;
}

// Main profile, level 4.0, 4:2:0: what is right of nearly every stream, and the stream says the truth itself.
std::string av1(const gst::TrackFormat& format) {
  return format.setup.empty() ? std::string("\x81\x08\x0c\x00", 4) : format.setup;
}

// RFC 7845 in the order of networks (Opus in ISOBMFF, section 4.3.2).
std::string opus_box(const gst::TrackFormat& format) {
  const auto head = opus_head(format);
  if (head.size() < 19) return {};
  auto out = number(0, 1) + head.substr(9, 1) + number(little(head, 10), 2) +
             number(little(head, 12) | little(head, 14) << 16U, 4) + number(little(head, 16), 2);
  return box("dOps", out + head.substr(18));
}

// MPEG-4 descriptors (ISO 14496-1): their lengths are short here.
std::string descriptor(unsigned tag, const std::string& content) {
  return number(tag, 1) + number(0x80U | (content.size() >> 21U & 0x7fU), 1) +
         number(0x80U | (content.size() >> 14U & 0x7fU), 1) +
         number(0x80U | (content.size() >> 7U & 0x7fU), 1) + number(content.size() & 0x7fU, 1) + content;
}

std::string esds(unsigned type, const std::string& setup) {
  auto config = number(type, 1) + number(0x15, 1) + number(0, 3) + number(0, 4) + number(0, 4);
  if (!setup.empty()) config += descriptor(5, setup);
  return full_box(
      "esds", 0,
      descriptor(3, number(0, 2) + number(0, 1) + descriptor(4, config) + descriptor(6, number(2, 1))));
}

}  // namespace

CodecSetup matroska_setup(const gst::TrackFormat& format) {
  if (format.codec == "OPUS") {
    const auto head = opus_head(format);
    const auto skip = head.size() >= 12 ? little(head, 10) : 0;
    return {head, std::chrono::nanoseconds(int64_t{skip} * 1000000000 / 48000)};
  }
  if (format.codec == "VORBIS" || format.codec == "THEORA") return {laced(format.headers)};
  if (format.codec == "FLAC") return {flac(format.headers)};
  if (format.codec == "PCMU" || format.codec == "PCMA") return {wave(format)};
  if (format.codec == "AV1") return {av1(format)};
  return {format.setup};
}

std::string mp4_setup(const gst::TrackFormat& format) {
  if (format.codec == "H264") return box("avcC", format.setup);
  if (format.codec == "H265") return box("hvcC", format.setup);
  if (format.codec == "AV1") return box("av1C", av1(format));
  if (format.codec == "OPUS") return opus_box(format);
  return esds(format.codec == "MP3" ? 0x6b : 0x40, format.codec == "MP3" ? "" : format.setup);
}

unsigned degrees_of(const std::string& orientation) {
  if (orientation.ends_with("rotate-90")) return 90;
  if (orientation.ends_with("rotate-180")) return 180;
  return orientation.ends_with("rotate-270") ? 270 : 0;
}

}  // namespace kms::recorder
