// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "kms-core/rtc/plain/rtp_line.hpp"

namespace kms::rtc {

// M-lines of our own descriptions of plain RTP.

// Where we receive on an m-line.
struct RtpLocal {
  std::string address;
  uint16_t port = 0;
  uint16_t rtcp_port = 0;
};

MediaDescription answered_rtp_line(const MediaDescription& theirs, const RtpLine& line,
                                   const RtpLocal& local);

// One of an offer, for these codecs; direction and keys are the caller's.
struct OfferedRtp {
  bool video = false;
  RtpProfile profile = RtpProfile::kAvp;
  bool mux = false;
  std::span<const Codec> codecs;
};
MediaDescription offered_rtp_line(const OfferedRtp& offered, const RtpLocal& local);

}  // namespace kms::rtc
