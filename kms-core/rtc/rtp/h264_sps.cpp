// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/h264_sps.hpp"

#include <algorithm>
#include <array>

#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

// Bits of a NAL unit, without the bytes that keep start codes out of it. Beyond the end all is zero, and ok()
// false for good.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}

  uint32_t bits(unsigned count) {
    uint32_t value = 0;
    for (; count > 0; --count) value = value << 1 | bit();
    return value;
  }
  bool flag() { return bit() != 0; }
  void skip(unsigned count) { bits(count); }
  // ue(v); se(v) is as long.
  uint32_t number() {
    unsigned zeros = 0;
    while (ok_ && bit() == 0) ++zeros;
    if (zeros > 31) ok_ = false;
    return ok_ ? (1U << zeros) - 1 + bits(zeros) : 0;
  }
  int32_t signed_number() {
    const auto code = number();
    const auto half = static_cast<int32_t>(code / 2 + code % 2);
    return code % 2 == 1 ? half : -half;
  }
  bool ok() const { return ok_; }

 private:
  uint32_t bit() {
    if (left_ == 0) next_byte();
    if (!ok_) return 0;
    --left_;
    return byte_ >> left_ & 1U;
  }
  void next_byte() {
    if (zeros_ == 2 && at_ < bytes_.size() && bytes_[at_] == 3) {
      ++at_;
      zeros_ = 0;
    }
    ok_ = ok_ && at_ < bytes_.size();
    if (!ok_) return;
    byte_ = bytes_[at_++];
    left_ = 8;
    zeros_ = byte_ == 0 ? zeros_ + 1 : 0;
  }

  Bytes bytes_;
  size_t at_ = 0;
  unsigned zeros_ = 0;  // bytes before at_
  unsigned left_ = 0;   // bits of byte_
  unsigned byte_ = 0;
  bool ok_ = true;
};

constexpr unsigned kBaseline = 66;
constexpr unsigned kHigh = 100;
// What stands behind the profile in the sets of the high ones.
constexpr std::array<unsigned, 13> kHighProfiles{100, 110, 122, 244, 44,  83, 86,
                                                 118, 128, 138, 139, 134, 135};
constexpr unsigned kMostFramesInCycle = 255;
constexpr unsigned kMostCpbs = 32;

void skip_scaling_list(BitReader& in, unsigned size) {
  uint32_t last = 8;
  for (unsigned i = 0; i < size && in.ok(); ++i) {
    last = (last + static_cast<uint32_t>(in.signed_number())) & 0xff;
    if (last == 0) return;
  }
}

// Gives chroma_format_idc.
uint32_t skip_high_part(BitReader& in) {
  const auto chroma = in.number();
  if (chroma == 3) in.skip(1);
  in.number();  // bit depths
  in.number();
  in.skip(1);
  if (!in.flag()) return chroma;
  for (unsigned i = 0; i < (chroma == 3 ? 12U : 8U); ++i) {
    if (in.flag()) skip_scaling_list(in, i < 6 ? 16 : 64);
  }
  return chroma;
}

// The rest of a type, and which it is.
uint32_t picture_order_type(BitReader& in) {
  const auto type = in.number();
  if (type == 0) in.number();
  if (type != 1) return type;
  in.skip(1);
  in.number();
  in.number();
  const auto count = std::min(in.number(), kMostFramesInCycle);
  for (uint32_t i = 0; i < count && in.ok(); ++i) in.number();
  return type;
}

// Without what is cropped. Nothing if the numbers make no sense.
std::optional<PictureSize> read_size(BitReader& in, uint32_t chroma) {
  constexpr uint32_t kBlock = 16;
  constexpr uint32_t kMostBlocks = 1024;
  in.number();  // reference frames
  in.skip(1);
  const uint32_t wide = std::min(in.number(), kMostBlocks) + 1;
  const uint32_t high = std::min(in.number(), kMostBlocks) + 1;
  const uint32_t fields = in.flag() ? 1 : 2;
  if (fields == 2) in.skip(1);
  in.skip(1);
  std::array<uint32_t, 4> cropped{};  // left, right, top, bottom
  if (in.flag()) {
    for (auto& edge : cropped) edge = std::min(in.number(), kMostBlocks * kBlock);
  }
  const uint32_t across = (cropped[0] + cropped[1]) * (chroma == 1 || chroma == 2 ? 2 : 1);
  const uint32_t down = (cropped[2] + cropped[3]) * (chroma == 1 ? 2 : 1) * fields;
  const PictureSize whole{wide * kBlock, high * kBlock * fields};
  if (across >= whole.width || down >= whole.height) return std::nullopt;
  return PictureSize{whole.width - across, whole.height - down};
}

void skip_hrd(BitReader& in) {
  const auto count = std::min(in.number() + 1, kMostCpbs);
  in.skip(8);
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    in.number();
    in.number();
    in.skip(1);
  }
  in.skip(20);
}

void skip_display(BitReader& in) {
  constexpr unsigned kExtendedRatio = 255;
  if (in.flag() && in.bits(8) == kExtendedRatio) in.skip(32);
  if (in.flag()) in.skip(1);  // overscan
  if (in.flag()) {
    in.skip(4);
    if (in.flag()) in.skip(24);  // colours
  }
  if (in.flag()) {  // where chroma lies
    in.number();
    in.number();
  }
}

// VUI: how many frames may come before those that are shown before them, if it says so.
std::optional<uint32_t> most_reordered(BitReader& in) {
  skip_display(in);
  if (in.flag()) in.skip(65);  // timing
  bool hrd = false;
  for (int i = 0; i < 2; ++i) {
    if (!in.flag()) continue;
    skip_hrd(in);
    hrd = true;
  }
  if (hrd) in.skip(1);
  in.skip(1);
  if (!in.flag()) return std::nullopt;
  in.skip(1);
  for (int i = 0; i < 4; ++i) in.number();
  return in.number();
}

struct ParameterSet {
  uint32_t profile = 0;
  uint32_t constraints = 0;
  uint32_t order = 0;  // pic_order_cnt_type
  std::optional<PictureSize> size;
};

// Up to what is optional. False: it is none.
bool read_front(BitReader& in, ParameterSet& set) {
  set.profile = in.bits(8);
  set.constraints = in.bits(8);
  in.skip(8);           // level
  in.number();          // its id
  uint32_t chroma = 1;  // 4:2:0
  const bool high = std::ranges::find(kHighProfiles, set.profile) != kHighProfiles.end();
  if (high) chroma = skip_high_part(in);
  in.number();  // frame numbers
  set.order = picture_order_type(in);
  set.size = read_size(in, chroma);
  return in.ok() && set.order <= 2;
}

bool is_parameter_set(Bytes unit) {
  constexpr uint8_t kParameterSet = 7;
  return !unit.empty() && (unit[0] & 0x1f) == kParameterSet;
}

}  // namespace

std::optional<bool> h264_reorders(Bytes unit) {
  constexpr unsigned kConstrainedHigh = 0x0c;  // constraint_set4_flag and 5
  if (!is_parameter_set(unit)) return std::nullopt;
  BitReader in(unit.subspan(1));
  ParameterSet set;
  const bool good = read_front(in, set);
  const auto reordered = in.flag() ? most_reordered(in) : std::nullopt;
  if (!good || !in.ok()) return std::nullopt;
  const bool constrained_high =
      set.profile == kHigh && (set.constraints & kConstrainedHigh) == kConstrainedHigh;
  if (set.profile == kBaseline || constrained_high || set.order == 2) return false;
  return reordered.value_or(1) > 0;
}

std::optional<PictureSize> h264_picture_size(Bytes unit) {
  if (!is_parameter_set(unit)) return std::nullopt;
  BitReader in(unit.subspan(1));
  ParameterSet set;
  return read_front(in, set) ? set.size : std::nullopt;
}

Bytes h264_sps_of(Bytes configuration) {
  ByteReader reader(configuration);
  reader.skip(5);
  if ((reader.u8() & 0x1f) == 0) return {};
  const auto size = reader.u16();
  return reader.bytes(size);
}

}  // namespace kms::rtc
