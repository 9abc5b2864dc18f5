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

void skip_high_part(BitReader& in) {
  const auto chroma = in.number();
  if (chroma == 3) in.skip(1);
  in.number();  // bit depths
  in.number();
  in.skip(1);
  if (!in.flag()) return;
  for (unsigned i = 0; i < (chroma == 3 ? 12U : 8U); ++i) {
    if (in.flag()) skip_scaling_list(in, i < 6 ? 16 : 64);
  }
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

void skip_size(BitReader& in) {
  in.number();  // reference frames
  in.skip(1);
  in.number();  // width
  in.number();  // height
  if (!in.flag()) in.skip(1);
  in.skip(1);
  for (int i = 0, edges = in.flag() ? 4 : 0; i < edges; ++i) in.number();  // cropping
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

}  // namespace

std::optional<bool> h264_reorders(Bytes unit) {
  constexpr uint8_t kParameterSet = 7;
  constexpr unsigned kConstrainedHigh = 0x0c;  // constraint_set4_flag and 5
  if (unit.empty() || (unit[0] & 0x1f) != kParameterSet) return std::nullopt;
  BitReader in(unit.subspan(1));
  const auto profile = in.bits(8);
  const auto constraints = in.bits(8);
  in.skip(8);   // level
  in.number();  // its id
  if (std::ranges::find(kHighProfiles, profile) != kHighProfiles.end()) skip_high_part(in);
  in.number();  // frame numbers
  const auto order = picture_order_type(in);
  skip_size(in);
  const auto reordered = in.flag() ? most_reordered(in) : std::nullopt;
  if (!in.ok() || order > 2) return std::nullopt;
  const bool constrained_high = profile == kHigh && (constraints & kConstrainedHigh) == kConstrainedHigh;
  if (profile == kBaseline || constrained_high || order == 2) return false;
  return reordered.value_or(1) > 0;
}

Bytes h264_sps_of(Bytes configuration) {
  ByteReader reader(configuration);
  reader.skip(5);
  if ((reader.u8() & 0x1f) == 0) return {};
  const auto size = reader.u16();
  return reader.bytes(size);
}

}  // namespace kms::rtc
