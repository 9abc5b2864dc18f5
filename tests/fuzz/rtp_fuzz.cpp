// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "kms-core/rtc/rtp/h264_sps.hpp"
#include "kms-core/rtc/rtp/key_frame.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"
#include "kms-core/rtc/rtp/picture_numbers.hpp"
#include "kms-core/rtc/rtp/picture_size.hpp"
#include "kms-core/rtc/rtp/red.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/rtp/rtx.hpp"
#include "kms-core/rtc/rtp/vp8_descriptor.hpp"
#include "kms-core/rtc/rtp/vp9_descriptor.hpp"

namespace {

using namespace kms::rtc;

void require(bool truth) {
  if (!truth) std::abort();
}

// Touches every byte, so that AddressSanitizer sees a view that reaches too far.
unsigned touch(Bytes bytes) {
  unsigned sum = 0;
  for (const uint8_t byte : bytes) sum += byte;
  return sum;
}

unsigned read_extensions(const RtpView& view) {
  unsigned sum = 0;
  auto extensions = view.extensions();
  while (const auto element = extensions.next()) sum += element->id + touch(element->value);
  return sum;
}

unsigned read_all(const RtpView& view) {
  unsigned sum = view.marker() + view.payload_type() + view.sequence() + view.timestamp() + view.ssrc();
  for (size_t i = 0; i < view.csrc_count(); ++i) sum += view.csrc(i);
  for (int codec = 0; codec <= static_cast<int>(Codec::kAv1); ++codec) {
    sum += starts_key_frame(static_cast<Codec>(codec), view.payload());
    sum += picture_size_of(static_cast<Codec>(codec), view.payload()).value_or(PictureSize{}).width;
  }
  sum += static_cast<unsigned>(vp9_layer_sizes(view.payload()).value_or(LayerSizes{}).count);
  sum += Vp8Descriptor::parse(view.payload()).has_value() + Vp9Descriptor::parse(view.payload()).has_value();
  return sum + touch(view.payload());
}

void rtx_round_trip(Bytes packet, const RtpView& view) {
  std::vector<uint8_t> wrapped(packet.size() + kRtxOverhead);
  require(rtx_wrap(packet, {97, 1, 2}, wrapped) == wrapped.size());
  const auto back = rtx_unwrap(wrapped, {view.payload_type(), view.ssrc()});
  require(std::ranges::equal(back, packet));
}

// There and back again, and the numbers are as they should be in between.
void renumber(Codec codec, Bytes payload) {
  std::vector<uint8_t> copy(payload.begin(), payload.end());
  const auto numbers = PictureNumbers::of(codec, payload);
  shift_pictures(codec, {0x1234, 0x56}, copy);
  const auto there = PictureNumbers::of(codec, copy);
  require(there.tl0_pic_index == numbers.moved({0x1234, 0x56}).tl0_pic_index);
  require(there.picture_id.has_value() == numbers.picture_id.has_value());
  shift_pictures(codec, {0x8000 - 0x1234, 0x100 - 0x56}, copy);
  require(std::ranges::equal(copy, payload));
}

// Of one that is understood, each block is inside, and another name changes the names alone.
unsigned take_red_apart(Bytes payload, uint8_t type) {
  const auto blocks = read_red(payload, type);
  if (!blocks) return 0;
  unsigned sum = touch(payload.subspan(blocks->primary_at));
  for (size_t i = 0; i < blocks->count; ++i)
    sum += touch(payload.subspan(blocks->earlier[i].at, blocks->earlier[i].size));
  std::vector<uint8_t> copy(payload.begin(), payload.end());
  rename_red(copy, type ^ 0x55);
  require(read_red(copy, type ^ 0x55).has_value());
  rename_red(copy, type);
  require(std::ranges::equal(copy, payload));
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes packet(data, size);
  static_cast<void>(packet_kind(packet));
  static_cast<void>(h264_reorders(packet));
  static_cast<void>(h264_picture_size(packet));
  static_cast<void>(h264_reorders(h264_sps_of(packet)));
  if (const auto view = RtpView::parse_protected(packet)) {
    volatile unsigned sink = read_extensions(*view);
    static_cast<void>(sink);
  }
  if (const auto view = RtpView::parse(packet)) {
    volatile unsigned sink = read_all(*view) + take_red_apart(view->payload(), 111);
    static_cast<void>(sink);
    rtx_round_trip(packet, *view);
    for (const auto codec : {Codec::kVp8, Codec::kVp9, Codec::kH264}) renumber(codec, view->payload());
  }
  return 0;
}
