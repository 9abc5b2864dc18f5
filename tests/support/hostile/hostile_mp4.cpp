// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <stdexcept>

#include "tests/support/hostile/hostile_media.hpp"

// MP4: a real clip with one field changed, and atoms (ISO/IEC 14496-12) made by hand.
namespace kms::test::hostile {
namespace {

std::string atom(const std::string& type, const std::string& body) {
  return big_endian(body.size() + 8, 4) + type + body;
}
std::string atom_of_size(uint64_t size, const std::string& type, const std::string& body) {
  return big_endian(size, 4) + type + body;
}
std::string file_type() { return atom("ftyp", "isom" + big_endian(0, 4) + "isomavc1"); }

// The clip with `bytes` at an offset behind every atom type (or the codec's name) `type`.
std::string with(const std::string& type, size_t offset, const std::string& bytes) {
  auto out = clip("mp4");
  size_t found = 0;
  const auto index = out.rfind("moov");
  for (auto at = out.find(type, index); at != std::string::npos; at = out.find(type, at + 4), ++found) {
    out.replace(at + 4 + offset, bytes.size(), bytes);
  }
  if (found == 0) throw std::runtime_error("the clip has no " + type);
  return out;
}

std::string box_with_size(const std::string& type, uint32_t size) {
  auto out = clip("mp4");
  out.replace(out.rfind(type) - 4, 4, big_endian(size, 4));
  return out;
}

// The clip's index is at its end, so that it may grow.
std::string many_mp4_tracks(unsigned count) {
  const auto& whole = clip("mp4");
  const auto index = whole.rfind("moov") - 4;
  const auto track = whole.find("trak", index) - 4;
  size_t size = 0;
  for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(whole[track + i]);
  std::string body = whole.substr(index + 8, track - index - 8);
  const auto number = whole.find("tkhd", track) - track + 4 + 12;
  for (unsigned i = 0; i < count; ++i) {
    body += whole.substr(track, size).replace(number, 4, big_endian(i + 1, 4));
  }
  return whole.substr(0, index) + atom("moov", body);
}

std::string nested_boxes(const std::string& type, unsigned levels, const std::string& before) {
  const auto each = 8 + before.size();
  std::string out;
  for (unsigned level = levels; level > 0; --level) out += big_endian(level * each, 4) + type + before;
  return out;
}

std::string compressed_index(uint64_t claimed) {
  const std::string bomb(kBomb, '\0');
  return file_type() + atom("moov", atom("cmov", atom("dcom", "zlib") +
                                                     atom("cmvd", big_endian(claimed, 4) + deflated(bomb))));
}

std::string free_atoms() {
  std::string out = file_type();
  for (int i = 0; i < 300'000; ++i) out += atom("free", std::string(56, '\0'));
  return out;
}

std::string fragments_from_far() {
  std::string out = clip("mp4");
  const auto header = atom("mfhd", big_endian(0, 8));
  const auto track =
      atom("traf", atom("tfhd", big_endian(0, 4) + big_endian(1, 4)) +
                       atom("tfdt", big_endian(0x0100'0000, 4) + big_endian(~uint64_t{0} - 5, 8)) +
                       atom("trun", big_endian(0x301, 4) + big_endian(0xffff'ffff, 4) + noise(200, 3)));
  return out + atom("moof", header + track) + atom("mdat", noise(2000, 4));
}

}  // namespace

std::vector<File> mp4_files() {
  const std::string broken = "END TRUNCATED NOT_MEDIA MEDIA_ERROR NO_TRACKS CODEC_UNSUPPORTED";
  std::vector<File> out;
  const auto add = [&](const std::string& name, std::string content, const std::string& outcomes = {},
                       bool paced = false) {
    out.push_back({name, std::move(content), outcomes.empty() ? broken : outcomes, paced});
  };
  const auto most = big_endian(0xffff'ffff, 4);
  const auto none = big_endian(0, 4);
  add("no-time-scale.mp4", with("mvhd", 12, none));
  add("no-track-time-scale.mp4", with("mdhd", 12, none));
  add("largest-time-scale.mp4", with("mdhd", 12, most));
  add("slowest-time-scale.mp4", with("mdhd", 12, big_endian(1, 4)), broken + " TIME_GAP", true);
  add("longest.mp4", with("mvhd", 16, most) + "x", "END TRUNCATED");
  add("track-longest.mp4", with("mdhd", 16, most), "END TRUNCATED");
  add("giant.mp4", with("avc1", 24, most), "PICTURE_TOO_LARGE");
  add("no-size.mp4", with("avc1", 24, none));
  add("garbage-h264-setup.mp4", with("avcC", 0, noise(24, 6)));
  add("garbage-aac-setup.mp4", with("esds", 4, noise(30, 6)));
  add("more-samples-than-atoms.mp4", with("stsz", 8, most));
  add("samples-of-4-gigabytes.mp4", with("stsz", 4, most));
  add("samples-far-away.mp4", with("stco", 8, most));
  add("no-chunks.mp4", with("stsc", 4, none));
  add("endless-chunks.mp4", with("stsc", 12, most));
  add("endless-times.mp4", with("stts", 4, most));
  add("times-far-apart.mp4", with("stts", 12, most), broken + " TIME_GAP", true);
  add("times-far-apart-unpaced.mp4", with("stts", 12, most));
  add("orders-far-apart.mp4", with("ctts", 12, big_endian(0x7fff'ffff, 4)), broken + " TIME_GAP", true);
  add("endless-edits.mp4", with("elst", 4, most));
  for (const uint32_t size : {1U, 4U, 7U, 0U, 0x7fff'ffffU, 0xffff'ffffU}) {
    for (const auto* type : {"moov", "trak", "stbl", "stsd"}) {
      if (size == 7 && std::string(type) != "stsd") continue;
      add(fmt::format("{}-of-size-{}.mp4", type, size), box_with_size(type, size));
    }
  }
  add("largest-atom.mp4",
      file_type() + atom_of_size(1, "moov", big_endian(0x7fff'ffff'ffff'ffff, 8) + noise(5000, 1)));
  add("thousands-of-tracks.mp4", many_mp4_tracks(3000), "TOO_MANY_TRACKS");
  add("deep-index.mp4", file_type() + nested_boxes("moov", 20'000, {}));
  add("deep-boxes.mp4", file_type() + atom("moov", nested_boxes("trak", 20'000, {})));
  add("deep-notes.mp4",
      file_type() + atom("moov", atom("udta", nested_boxes("meta", 20'000, big_endian(0, 4)))));
  add("compressed-index.mp4", compressed_index(kBomb));
  add("compressed-index-that-lies.mp4", compressed_index(0x7fff'ffff));
  add("endless-free.mp4", free_atoms(), broken + " UNREADABLE");
  add("fragments-from-far.mp4", fragments_from_far());
  return out;
}

}  // namespace kms::test::hostile
