// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "tests/support/hostile/hostile_media.hpp"

// The other containers, made by hand.
namespace kms::test::hostile {
namespace {

// CRC-32 of the polynomial that Ogg and MPEG-TS share, most significant bit first.
uint32_t checksum(const std::string& bytes, uint32_t start) {
  auto sum = start;
  for (const auto byte : bytes) {
    sum ^= static_cast<uint32_t>(static_cast<uint8_t>(byte)) << 24;
    for (int i = 0; i < 8; ++i) sum = (sum & 0x8000'0000) != 0 ? sum << 1 ^ 0x04c1'1db7 : sum << 1;
  }
  return sum;
}

std::string ogg_page(uint32_t serial, uint8_t flags, uint64_t granule, const std::string& body) {
  auto page = "OggS" + big_endian(0, 1) + big_endian(flags, 1) + little_endian(granule, 8) +
              little_endian(serial, 4) + little_endian(0, 4) + little_endian(0, 4) + big_endian(1, 1) +
              big_endian(body.size(), 1) + body;
  return page.replace(22, 4, little_endian(checksum(page, 0), 4));
}

std::string vorbis_head() {
  return std::string("\x01vorbis") + little_endian(0, 4) + "\x02" + little_endian(44100, 4) +
         little_endian(0, 12) + "\xb8\x01";
}

std::string ogg_streams(uint32_t count) {
  std::string out;
  for (uint32_t i = 1; i <= count; ++i) out += ogg_page(i, 2, 0, vorbis_head());
  return out + noise(5000, 1);
}

std::string ogg_from_far() {
  auto out = clip("ogg");
  size_t pages = 0;
  for (auto at = out.find("OggS"); at != std::string::npos; at = out.find("OggS", at + 4)) {
    if (++pages > 8) out.replace(at + 6, 8, little_endian(0x7fff'ffff'ffff'0000, 8));
  }
  return out;
}

std::string ts_packet(uint16_t pid, const std::string& payload) {
  return ("G" + big_endian(0x4000U | pid, 2) + "\x10" + payload + std::string(188, '\xff')).substr(0, 188);
}

std::string section(uint8_t table, const std::string& body) {
  auto out = big_endian(table, 1) + big_endian(0xb000U | (body.size() + 9), 2) + big_endian(1, 2) +
             big_endian(0xc1'0000, 3) + body;
  return big_endian(0, 1) + out + big_endian(checksum(out, ~0U), 4);
}

// One program, whose table lists as many streams as one packet can.
std::string ts_streams() {
  std::string streams = big_endian(0xe100, 2) + big_endian(0xf000, 2);
  for (uint32_t i = 0; i < 32; ++i) streams += "\x1b" + big_endian(0xe100 + i, 2) + big_endian(0xf000, 2);
  std::string out;
  for (int i = 0; i < 500; ++i) {
    out += ts_packet(0, section(0, big_endian(1, 2) + big_endian(0xe020, 2)));
    out += ts_packet(0x20, section(2, streams));
    for (uint16_t pid = 0x100; pid < 0x120; ++pid) out += ts_packet(pid, noise(184, pid));
  }
  return out;
}

std::string flv_tag(uint8_t type, const std::string& body) {
  return big_endian(type, 1) + big_endian(body.size(), 3) + big_endian(0, 7) + body +
         big_endian(body.size() + 11, 4);
}

std::string deep_flv() {
  std::string body = std::string("\x02") + big_endian(10, 2) + "onMetaData";
  for (int i = 0; i < 100'000; ++i) body += std::string("\x03") + big_endian(1, 2) + "a";
  return std::string("FLV\x01\x05") + big_endian(9, 4) + big_endian(0, 4) + flv_tag(18, body);
}

std::string chunk(const std::string& type, const std::string& body) {
  return type + little_endian(body.size(), 4) + body + std::string(body.size() % 2, '\0');
}
std::string riff(const std::string& type, const std::string& body) { return chunk("RIFF", type + body); }

std::string deep_avi() {
  std::string body;
  for (uint32_t inside = 20'000; inside-- > 0;) body += "LIST" + little_endian(4 + 12 * inside, 4) + "hdrl";
  return riff("AVI ", body);
}

std::string avi(uint32_t width, uint32_t height, uint32_t rate) {
  const auto main = little_endian(33'333, 4) + little_endian(0, 12) + little_endian(30, 4) +
                    little_endian(0, 4) + little_endian(1, 4) + little_endian(0, 4) +
                    little_endian(width, 4) + little_endian(height, 4) + little_endian(0, 16);
  const auto stream = "vids" + std::string("DIB ") + little_endian(0, 12) + little_endian(1, 4) +
                      little_endian(rate, 4) + little_endian(0, 4) + little_endian(30, 4) +
                      little_endian(0, 20);
  const auto picture = little_endian(40, 4) + little_endian(width, 4) + little_endian(height, 4) +
                       little_endian(1, 2) + little_endian(24, 2) + little_endian(0, 24);
  std::string frames;
  for (int i = 0; i < 30; ++i) frames += chunk("00db", noise(5000, 1));
  return riff("AVI ",
              chunk("LIST", "hdrl" + chunk("avih", main) +
                                chunk("LIST", "strl" + chunk("strh", stream) + chunk("strf", picture))) +
                  chunk("LIST", "movi" + frames));
}

std::string wav(uint16_t channels, uint32_t rate, uint32_t size) {
  const auto form = little_endian(1, 2) + little_endian(channels, 2) + little_endian(rate, 4) +
                    little_endian(rate * 2, 4) + little_endian(2, 2) + little_endian(16, 2);
  return "RIFF" + little_endian(size, 4) + "WAVE" + chunk("fmt ", form) + "data" + little_endian(size, 4) +
         noise(20'000, 2);
}

std::string lists() {
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += chunk("LIST", "INFO" + chunk("INAM", std::string(20, 'x')));
  return riff("WAVE", body);
}

struct Magic {
  const char* name;
  std::string bytes;
};

}  // namespace

std::vector<File> other_files() {
  const std::string broken = "END TRUNCATED NOT_MEDIA MEDIA_ERROR NO_TRACKS CODEC_UNSUPPORTED";
  std::vector<File> out;
  const auto add = [&](const std::string& name, std::string content, const std::string& outcomes = {},
                       bool paced = false) {
    out.push_back({name, std::move(content), outcomes.empty() ? broken : outcomes, paced});
  };
  add("thousands-of-streams.ogg", ogg_streams(5000), broken + " TOO_MANY_TRACKS");
  add("times-from-far.ogg", ogg_from_far(), broken + " TIME_GAP", true);
  add("many-streams.ts", ts_streams(), broken + " TOO_MANY_TRACKS");
  add("deep-notes.flv", deep_flv(), "NOT_MEDIA");
  add("deep-lists.avi", deep_avi());
  add("giant.avi", avi(65535, 65535, 30), "PICTURE_TOO_LARGE");
  add("upside-down-giant.avi", avi(0x7fff'ffff, 0x8000'0000, 30), broken + " PICTURE_TOO_LARGE");
  add("no-rate.avi", avi(320, 240, 0), broken);
  add("no-channels.wav", wav(0, 44100, 20'000));
  add("most-channels.wav", wav(65535, 44100, 20'000));
  add("no-rate.wav", wav(1, 0, 20'000));
  add("largest.wav", wav(1, 44100, 0xffff'ffff));
  add("endless-lists.wav", lists(), broken + " UNREADABLE");
  const std::array<Magic, 14> magics{
      {{"asf", "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9" + noise(6, 1)},
       {"mxf", std::string("\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02", 14)},
       {"mpg", std::string("\x00\x00\x01\xba\x44\x00\x04\x00\x04\x01", 10)},
       {"mp3", "\xff\xfb\x90\x64"},
       {"id3", "ID3\x04" + std::string("\0\0\x7f\x7f\x7f\x7f", 6)},
       {"aac", "\xff\xf1\x50\x80"},
       {"flac", "fLaC" + std::string("\x00\x00\x00\x22", 4)},
       {"ivf", "DKIF" + std::string("\0\0\x20\0VP80", 8)},
       {"aiff", "FORM" + std::string("\x7f\xff\xff\xff", 4) + "AIFFCOMM"},
       {"au", ".snd" + std::string("\0\0\0\x18\xff\xff\xff\xff\0\0\0\1", 12)},
       {"h264", std::string("\0\0\0\1\x67\x64\0\x28", 8)},
       {"flv", "FLV\x01\x05" + std::string("\0\0\0\x09\0\0\0\0\x09", 9)},
       {"ts", std::string("G@\0\x10", 4)},
       {"ape", "APETAGEX" + std::string("\xd0\x07\0\0\xff\xff\xff\x7f", 8)}}};
  for (const auto& magic : magics) {
    add(fmt::format("noise.{}", magic.name), magic.bytes + noise(150'000, 11), broken + " PICTURE_TOO_LARGE");
  }
  return out;
}

}  // namespace kms::test::hostile
