// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// A form that the packets of an m-line may have.
struct RtpFormat {
  bool video = false;
  uint8_t type = 96;  // payload type
  std::string encoding;
  uint32_t clock_rate = 90000;
  unsigned channels = 1;
  std::map<std::string, std::string> parameters = {};  // of a=fmtp
  std::optional<uint8_t> repair = {};                  // payload type of its RTX
};

// As webrtcbin wants to be told it.
Ref<GstCaps> rtp_caps(const RtpFormat& format);

}  // namespace kms::gst
