// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/layer_marks.hpp"

#include "kms-core/rtc/rtp/vp8_descriptor.hpp"
#include "kms-core/rtc/rtp/vp9_descriptor.hpp"

namespace kms::rtc {
namespace {

// What both descriptors have, under the same names.
template <typename Descriptor>
LayerMarks common(const Descriptor& from) {
  LayerMarks marks;
  marks.known = true;
  marks.temporal = from.temporal_id.value_or(0);
  marks.has_tl0 = from.tl0_pic_index.has_value();
  marks.tl0_pic_index = from.tl0_pic_index.value_or(0);
  marks.picture_id = from.picture_id.value_or(0);
  if (from.picture_id) marks.id_mask = from.long_picture_id ? 0x7fff : 0x7f;
  return marks;
}

LayerMarks of_vp8(Bytes payload) {
  const auto descriptor = Vp8Descriptor::parse(payload);
  if (!descriptor) return {};
  auto marks = common(*descriptor);
  marks.starts_picture = descriptor->starts_frame();
  marks.switches_up = descriptor->layer_sync;
  return marks;
}

LayerMarks of_vp9(Bytes payload) {
  const auto descriptor = Vp9Descriptor::parse(payload);
  if (!descriptor) return {};
  auto marks = common(*descriptor);
  marks.spatial = descriptor->spatial_id.value_or(0);
  marks.starts_picture = descriptor->starts_frame && marks.spatial == 0;
  marks.ends_frame = descriptor->ends_frame;
  marks.switches_up = descriptor->switching_up;
  return marks;
}

}  // namespace

LayerMarks LayerMarks::of(Codec codec, Bytes payload) {
  if (codec == Codec::kVp8) return of_vp8(payload);
  if (codec == Codec::kVp9) return of_vp9(payload);
  return {};
}

}  // namespace kms::rtc
