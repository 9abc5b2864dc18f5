// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/srtp/srtcp_sealer.hpp"

namespace kms::rtc {

// The way that our RTCP takes to a peer.
class RtcpOutlet {
 public:
  virtual ~RtcpOutlet() = default;
  virtual bool takes_rtcp() const = 0;
  // Seals and queues a compound RTCP packet of `size` bytes; the buffer has room for SrtcpSealer::kOverhead
  // more.
  virtual void send_rtcp(MutableBytes buffer, size_t size) = 0;
};

}  // namespace kms::rtc
