// SPDX-License-Identifier: Apache-2.0
#include "tests/support/hostile/hostile_media.hpp"

#include <fmt/format.h>
#include <gio/gio.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <stdexcept>

#include "tests/support/media_factory.hpp"

namespace kms::test::hostile {
namespace {

constexpr std::array kContainers{"webm", "mp4", "ts", "ogg", "avi", "flv", "wav"};
// A broken file plays as far as it goes, or is refused; which of both depends on where it is broken.
constexpr auto kBroken =
    "END TRUNCATED NOT_MEDIA MEDIA_ERROR NO_TRACKS CODEC_UNSUPPORTED PICTURE_TOO_LARGE TIME_GAP";

std::string make(const std::string& container) {
  constexpr auto kPicture =
      "videotestsrc num-buffers=60 ! video/x-raw,width=320,height=240,framerate=30/1 ! ";
  constexpr auto kSound = "audiotestsrc num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=44100 ! ";
  if (container == "avi") {
    return make_media("hostile.avi", fmt::format("avimux name=mux ! filesink location={{}} {} jpegenc ! mux. "
                                                 "{} audioconvert ! mux.",
                                                 kPicture, kSound));
  }
  if (container == "flv") {
    return make_media("hostile.flv",
                      fmt::format("flvmux name=mux ! filesink location={{}} {} x264enc tune=zerolatency "
                                  "key-int-max=30 ! h264parse ! mux. {} audioconvert ! avenc_aac ! mux.",
                                  kPicture, kSound));
  }
  return make_clip("hostile." + container, 2);
}

void cut(std::vector<File>& out) {
  for (const std::string container : kContainers) {
    const auto& whole = clip(container);
    const std::array<size_t, 5> sizes{1, 20, 200, whole.size() / 3, whole.size() - 100};
    for (const auto size : sizes) {
      out.push_back(
          {fmt::format("cut-{}.{}", size, container), whole.substr(0, size), std::string(kBroken), false});
    }
  }
}

void flip(std::vector<File>& out) {
  for (const std::string container : kContainers) {
    for (uint32_t seed = 1; seed <= 4; ++seed) {
      out.push_back({fmt::format("flipped-{}.{}", seed, container), mutation(container, seed),
                     std::string(kBroken), false});
    }
  }
}

}  // namespace

std::vector<File> files() {
  std::vector<File> out{{"empty.mp4", "", "NOT_MEDIA", false},
                        {"noise.webm", noise(200'000, 1), "NOT_MEDIA", false},
                        {"whole.mp4", clip("mp4"), "END", false},
                        {"whole.webm", clip("webm"), "END", false}};
  cut(out);
  flip(out);
  for (auto* part : {matroska_files, mp4_files, other_files}) {
    for (auto& file : part()) out.push_back(std::move(file));
  }
  return out;
}

std::string clip(const std::string& container) {
  static std::map<std::string, std::string> made;
  auto& content = made[container];
  if (content.empty()) content = read_file(make(container));
  return content;
}

std::string noise(size_t size, uint32_t seed) {
  std::minstd_rand random(seed);
  std::string out(size, '\0');
  for (auto& byte : out) byte = static_cast<char>(random() >> 8);
  return out;
}

// Half of the changes fall into the first kilobytes, where the structure is.
std::string mutation(const std::string& container, uint32_t seed) {
  std::minstd_rand random(seed * 7919 + 1);
  auto out = clip(container);
  const auto place = [&] {
    const auto most = random() % 2 == 0 ? std::min<size_t>(out.size(), 4096) : out.size();
    return static_cast<size_t>(random() % most);
  };
  const auto changes = 1 + random() % 40;
  for (uint32_t i = 0; i < changes; ++i) {
    const auto at = place();
    const auto size = std::min<size_t>(1 + random() % 64, out.size() - at);
    switch (random() % 6) {
      case 0:
        out.replace(at, size, std::string(size, '\xff'));
        break;
      case 1:
        out.insert(at, out.substr(place(), size));
        break;
      case 2:
        if (out.size() > 5000) out.erase(at, size);
        break;
      default:
        out[at] = static_cast<char>(out[at] ^ (1 << random() % 8));
    }
  }
  return out;
}

std::string deflated(const std::string& content) {
  GConverter* zlib = G_CONVERTER(g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
  std::string out(content.size() / 100 + 4096, '\0');
  gsize read = 0;
  gsize written = 0;
  const auto result = g_converter_convert(zlib, content.data(), content.size(), out.data(), out.size(),
                                          G_CONVERTER_INPUT_AT_END, &read, &written, nullptr);
  g_object_unref(zlib);
  if (result != G_CONVERTER_FINISHED) throw std::runtime_error("not deflated");
  out.resize(written);
  return out;
}

std::string big_endian(uint64_t value, unsigned bytes) {
  std::string out(bytes, '\0');
  for (unsigned i = bytes; i-- > 0; value >>= 8) out[i] = static_cast<char>(value);
  return out;
}

std::string little_endian(uint64_t value, unsigned bytes) {
  auto out = big_endian(value, bytes);
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace kms::test::hostile
