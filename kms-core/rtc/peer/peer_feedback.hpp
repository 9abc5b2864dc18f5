// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"
#include "kms-core/rtc/peer/peer_transport.hpp"

namespace kms::rtc {

// The RTCP that we send to one peer: what its receiver lacks, and reports. Lives on the RTC thread.
class PeerFeedback {
 public:
  void ask(PeerReceiver& receiver, PeerTransport& transport, TimePoint now);
};

}  // namespace kms::rtc
