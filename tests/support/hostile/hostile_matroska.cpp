// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "tests/support/hostile/hostile_media.hpp"

// Matroska and WebM, made of nothing; the numbers are the ids of RFC 9559.
namespace kms::test::hostile {
namespace {

constexpr uint64_t kUnknownSize = 0xff'ffff'ffff'ffff;

std::string id_of(uint32_t id) { return big_endian(id, (static_cast<unsigned>(std::bit_width(id)) + 7) / 8); }

std::string with_size(uint32_t id, uint64_t size, const std::string& body) {
  return id_of(id) + big_endian(size | 0x100'0000'0000'0000, 8) + body;
}
std::string element(uint32_t id, const std::string& body) { return with_size(id, body.size(), body); }
std::string number(uint32_t id, uint64_t value) { return element(id, big_endian(value, 8)); }
std::string real(uint32_t id, double value) {
  return element(id, big_endian(std::bit_cast<uint64_t>(value), 8));
}

std::string head(const std::string& type = "matroska") {
  return element(0x1A45DFA3,
                 number(0x4286, 1) + element(0x4282, type) + number(0x4287, 4) + number(0x4285, 2));
}
std::string info(double duration_ms = 2000) {
  return element(0x1549A966, number(0x2AD7B1, 1'000'000) + real(0x4489, duration_ms));
}

struct Picture {
  uint64_t width = 320;
  uint64_t height = 240;
  std::string codec = "V_VP8";
  std::string setup = {};
  std::string more = {};
};
std::string picture_track(uint64_t number_of_track, const Picture& picture) {
  auto body = number(0xD7, number_of_track) + number(0x73C5, number_of_track) + number(0x83, 1) +
              element(0x86, picture.codec) +
              element(0xE0, number(0xB0, picture.width) + number(0xBA, picture.height)) + picture.more;
  if (!picture.setup.empty()) body += element(0x63A2, picture.setup);
  return element(0xAE, body);
}
std::string sound_track(uint64_t number_of_track, const std::string& codec, const std::string& setup) {
  return element(0xAE, number(0xD7, number_of_track) + number(0x73C5, number_of_track) + number(0x83, 2) +
                           element(0x86, codec) + element(0x63A2, setup) +
                           element(0xE1, real(0xB5, 48000) + number(0x9F, 2)));
}

std::string block(uint8_t track, int16_t time, const std::string& frame) {
  return element(0xA3,
                 big_endian(0x80U | track, 1) + big_endian(static_cast<uint16_t>(time), 2) + "\x80" + frame);
}
std::string cluster(uint64_t time, const std::string& blocks) {
  return element(0x1F43B675, number(0xE7, time) + blocks);
}
std::string file(const std::string& body) { return head() + with_size(0x18538067, kUnknownSize, body); }
std::string tracks(const std::string& entries) { return element(0x1654AE6B, entries); }

// A key frame of VP8 by its head, with nothing sensible behind.
std::string vp8_frame(unsigned width, unsigned height, size_t size = 2000) {
  const uint32_t first_part = 500;
  return little_endian(0x10U | first_part << 5, 3) + "\x9d\x01\x2a" + little_endian(width, 2) +
         little_endian(height, 2) + noise(size, 5);
}

std::string with_frames(const std::string& track_entries, const std::string& frame) {
  std::string blocks;
  for (int16_t i = 0; i < 30; ++i) blocks += block(1, static_cast<int16_t>(i * 33), frame);
  return file(info() + tracks(track_entries) + cluster(0, blocks));
}

std::string nested(uint32_t id, unsigned levels) {
  std::string body;
  for (unsigned i = 0; i < levels; ++i) body = element(id, body);
  return body;
}

std::string patched_duration(double value) {
  auto out = clip("webm");
  const auto at = out.find("\x44\x89\x88");
  if (at != std::string::npos) out.replace(at + 3, 8, big_endian(std::bit_cast<uint64_t>(value), 8));
  return out;
}

std::string compressed_frames() {
  const auto bomb = deflated(std::string(kBomb / 4, '\0'));
  const auto zlib =
      element(0x6D80, element(0x6240, number(0x5031, 0) + number(0x5032, 1) + number(0x5033, 0) +
                                          element(0x5034, number(0x4254, 0))));
  return with_frames(picture_track(1, {.more = zlib}), bomb);
}

std::string many_tracks(unsigned count) {
  std::string entries;
  for (unsigned i = 1; i <= count; ++i) entries += picture_track(i, {});
  return file(info() + tracks(entries) + cluster(0, block(1, 0, vp8_frame(320, 240))));
}

std::string attachments() {
  const auto font = element(0x61A7, element(0x466E, "../../../../tmp/font.ttf") + number(0x46AE, 1) +
                                        element(0x4660, "application/x-truetype-font") +
                                        element(0x465C, noise(4U << 20, 3)));
  return file(info() + element(0x1941A469, font + font + font) + tracks(picture_track(1, {})) +
              cluster(0, block(1, 0, vp8_frame(320, 240))));
}

std::string tags() {
  const auto tag = element(
      0x7373, element(0x63C0, "") +
                  element(0x67C8, element(0x45A3, "TITLE") + element(0x4487, std::string(20'000, 'x'))));
  std::string all;
  for (int i = 0; i < 500; ++i) all += tag;
  return file(info() + element(0x1254C367, all) + tracks(picture_track(1, {})) +
              cluster(0, block(1, 0, vp8_frame(320, 240))));
}

std::string voids() {
  std::string out;
  for (int i = 0; i < 200'000; ++i) out += element(0xEC, std::string(100, '\0'));
  return file(out);
}

std::string far_apart() {
  const auto frame = vp8_frame(320, 240);
  return file(info() + tracks(picture_track(1, {})) + cluster(0, block(1, 0, frame)) +
              cluster(0xff'ffff'ffff'ffff, block(1, 32767, frame)) + cluster(5, block(1, -32768, frame)) +
              cluster(4'000'000'000, block(1, 0, frame)));
}

}  // namespace

std::vector<File> matroska_files() {
  const std::string broken = "END TRUNCATED NOT_MEDIA MEDIA_ERROR";
  std::vector<File> out;
  const auto add = [&](const std::string& name, std::string content, const std::string& outcomes = {},
                       bool paced = false) {
    out.push_back({name, std::move(content), outcomes.empty() ? broken : outcomes, paced});
  };
  add("head-alone.mkv", head());
  add("head-and-noise.mkv", head() + noise(100'000, 2));
  add("endless-duration.webm", patched_duration(1e300), "TRUNCATED END");
  add("negative-duration.webm", patched_duration(-5e9), "TRUNCATED END");
  add("no-number-duration.webm", patched_duration(std::bit_cast<double>(~uint64_t{0})), "TRUNCATED END");
  add("giant-by-its-head.mkv", with_frames(picture_track(1, {.width = 65535, .height = 65535}), "x"),
      "PICTURE_TOO_LARGE");
  add("giant-beyond-numbers.mkv",
      with_frames(picture_track(1, {.width = ~uint64_t{0}, .height = ~uint64_t{0}}), "x"),
      broken + " PICTURE_TOO_LARGE NO_TRACKS");
  add("giant-in-its-frames.mkv", with_frames(picture_track(1, {}), vp8_frame(16383, 16383)),
      "PICTURE_TOO_LARGE TRUNCATED");  // its decoder may be the first to refuse it
  add("no-size.mkv", with_frames(picture_track(1, {.width = 0, .height = 0}), vp8_frame(0, 0)),
      broken + " PICTURE_TOO_LARGE");
  add("thousands-of-tracks.mkv", many_tracks(5000), "TOO_MANY_TRACKS");
  add("deep-chapters.mkv", file(info() + element(0x1043A770, element(0x45B9, nested(0xB6, 400)))), broken);
  add("deep-tags.mkv", file(info() + element(0x1254C367, element(0x7373, nested(0x67C8, 400)))), broken);
  add("endless-voids.mkv", voids(), broken);
  add("attachments.mkv", attachments());
  add("ten-megabytes-of-tags.mkv", tags());
  add("compressed-frames.mkv", compressed_frames(), broken, true);
  add("far-apart.mkv", far_apart(), "END TRUNCATED TIME_GAP", true);
  add("far-apart-unpaced.mkv", far_apart(), "TIME_GAP");
  add("garbage-in-frames.mkv", with_frames(picture_track(1, {}), noise(3000, 9)));
  add("garbage-h264-setup.mkv",
      with_frames(picture_track(1, {.codec = "V_MPEG4/ISO/AVC", .setup = noise(300, 4)}), noise(3000, 9)));
  add("garbage-h265-setup.mkv",
      with_frames(picture_track(1, {.codec = "V_MPEGH/ISO/HEVC", .setup = noise(300, 4)}), noise(3000, 9)));
  add("garbage-vp9.mkv", with_frames(picture_track(1, {.codec = "V_VP9"}), noise(3000, 9)));
  add("garbage-av1.mkv",
      with_frames(picture_track(1, {.codec = "V_AV1", .setup = noise(30, 4)}), noise(3000, 9)));
  add("garbage-theora.mkv",
      with_frames(picture_track(1, {.codec = "V_THEORA", .setup = noise(300, 4)}), noise(3000, 9)));
  add("garbage-opus.mkv", with_frames(sound_track(1, "A_OPUS", noise(19, 4)), noise(300, 9)));
  add("garbage-vorbis.mkv", with_frames(sound_track(1, "A_VORBIS", noise(400, 4)), noise(300, 9)));
  add("garbage-aac.mkv", with_frames(sound_track(1, "A_AAC", noise(5, 4)), noise(300, 9)));
  add("garbage-flac.mkv", with_frames(sound_track(1, "A_FLAC", noise(100, 4)), noise(300, 9)));
  for (auto& file : out) {
    if (file.outcomes == broken) file.outcomes += " NO_TRACKS CODEC_UNSUPPORTED";
  }
  return out;
}

}  // namespace kms::test::hostile
