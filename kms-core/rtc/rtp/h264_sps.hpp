// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/rtp/picture_size.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// What a sequence parameter set of H.264 says about the order of pictures (ITU-T H.264, 7.3.2.1.1 and E.1.1).
// `unit` is the NAL unit with its header, without a start code. True: pictures may be shown in another order
// than they are sent. False: they are not, by the profile (no B-frames), by the type of the picture order
// count, or by max_num_reorder_frames. Nothing: this is no such set, or a broken one.
std::optional<bool> h264_reorders(Bytes unit);

// How large its pictures are. Nothing: this is no such set, or a broken one.
std::optional<PictureSize> h264_picture_size(Bytes unit);

// The first sequence parameter set in an AVCDecoderConfigurationRecord (ISO/IEC 14496-15), as in MP4, FLV and
// Matroska; empty when there is none.
Bytes h264_sps_of(Bytes configuration);

}  // namespace kms::rtc
