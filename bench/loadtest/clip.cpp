// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/clip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace kms::rtc::loadtest {
namespace {

constexpr double kKeyFrame = 5;        // times as large as another
constexpr size_t kSmallestFrame = 16;  // with room for its header
constexpr size_t kMostFrames = 100'000;

void store_little(uint8_t* at, uint32_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) at[i] = static_cast<uint8_t>(value >> (8 * i));
}

uint32_t load_little(const uint8_t* at, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint32_t{at[i]} << (8 * i);
  return value;
}

// The frame tag, and of a key frame its start code and size (RFC 6386 section 9.1).
void write_header(const ClipShape& shape, ClipFrame& frame) {
  const auto first_partition = static_cast<uint32_t>(std::min<size_t>(frame.bytes.size() / 3, 0x7ffff));
  store_little(frame.bytes.data(), first_partition << 5 | 1u << 4 | (frame.key ? 0u : 1u), 3);
  if (!frame.key) return;
  std::copy_n("\x9d\x01\x2a", 3, &frame.bytes[3]);
  store_little(&frame.bytes[6], shape.width, 2);
  store_little(&frame.bytes[8], shape.height, 2);
}

Status invalid_clip(const std::string& why) {
  return error(StatusCode::kInvalidArgument, "CLIP_INVALID", why + "; wanted is VP8 in IVF");
}

struct IvfHeader {
  static constexpr size_t kSize = 32;
  static constexpr size_t kFrameSize = 12;
  uint32_t rate = 0;
  uint32_t scale = 0;
};

Result<IvfHeader> read_header(Bytes file) {
  if (file.size() < IvfHeader::kSize || !std::equal(file.begin(), file.begin() + 4, "DKIF"))
    return invalid_clip("the clip does not begin as IVF does");
  if (!std::equal(file.begin() + 8, file.begin() + 12, "VP80"))
    return invalid_clip("the clip's codec is not VP8");
  const IvfHeader header{load_little(&file[16], 4), load_little(&file[20], 4)};
  const double fps = header.scale == 0 ? 0 : static_cast<double>(header.rate) / header.scale;
  if (fps < 1 || fps > 240)
    return invalid_clip(fmt::format("the clip has {} frames per {} seconds", header.rate, header.scale));
  return header;
}

}  // namespace

size_t Clip::key_frame_from(size_t at) const {
  while (at < frames.size() && !frames[at].key) ++at;
  return at < frames.size() ? at : 0;
}

double Clip::bitrate_bps() const {
  const auto bytes =
      std::accumulate(frames.begin(), frames.end(), size_t{0},
                      [](size_t sum, const ClipFrame& frame) { return sum + frame.bytes.size(); });
  const auto time = std::chrono::duration<double>(frame_time).count() * static_cast<double>(frames.size());
  return static_cast<double>(bytes) * 8 / time;
}

Clip made_clip(const ClipShape& shape) {
  Clip clip;
  clip.frame_time =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / shape.frames_per_second));
  const auto count = static_cast<size_t>(std::max(1.0, shape.seconds * shape.frames_per_second));
  const double each = shape.bitrate_bps / 8 * shape.seconds / (static_cast<double>(count) - 1 + kKeyFrame);
  std::minstd_rand random(1);
  std::uniform_real_distribution<double> around(0.8, 1.2);
  for (size_t i = 0; i < count; ++i) {
    const auto size = static_cast<size_t>(i == 0 ? each * kKeyFrame : each * around(random));
    clip.frames.push_back({std::vector<uint8_t>(std::max(size, kSmallestFrame), 0x55), i == 0});
    write_header(shape, clip.frames.back());
  }
  return clip;
}

Result<Clip> read_ivf(Bytes file) {
  const auto header = read_header(file);
  if (!header.ok()) return header.status();
  Clip clip;
  clip.frame_time = std::chrono::duration_cast<Duration>(std::chrono::seconds(header->scale)) / header->rate;
  for (auto rest = file.subspan(IvfHeader::kSize); rest.size() > IvfHeader::kFrameSize;) {
    const auto size = load_little(rest.data(), 4);
    rest = rest.subspan(IvfHeader::kFrameSize);
    if (size == 0 || size > rest.size() || clip.frames.size() == kMostFrames)
      return invalid_clip(fmt::format("frame {} of the clip has {} bytes", clip.frames.size() + 1, size));
    const auto frame = rest.first(size);
    clip.frames.push_back({{frame.begin(), frame.end()}, (frame[0] & 1) == 0});
    rest = rest.subspan(size);
  }
  if (clip.frames.empty() || !clip.frames.front().key)
    return invalid_clip("the clip does not begin with a key frame");
  return clip;
}

}  // namespace kms::rtc::loadtest
