// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/config.hpp"
#include "kms-core/rtc/rtp_peer.hpp"
#include "kms/rtp/v1/rtp.pb.h"

namespace kms::rtp {

// What the options of an RtpEndpoint come to.
struct Settings {
  rtc::RtpPeerOptions peer;             // without events
  std::optional<rtc::RtpStream> audio;  // without SDP
  std::optional<rtc::RtpStream> video;
  std::chrono::milliseconds patience{100};  // of the jitter buffer

  bool has_streams() const { return audio || video; }
};

// Errors: INVALID_OPTIONS, with the field at fault.
Result<Settings> read_options(const v1::RtpOptions& options, const Config::Rtp& config);

}  // namespace kms::rtp
