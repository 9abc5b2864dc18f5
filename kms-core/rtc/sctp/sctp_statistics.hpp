// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kms-core/rtc/sctp/data_channel.hpp"

namespace kms::rtc {

// W3C RTCSctpTransportState.
enum class SctpState : uint8_t { kNew, kConnecting, kConnected, kClosed };

// As W3C RTCSctpTransportStats has them.
struct SctpFigures {
  double round_trip_time_s = 0;
  uint32_t congestion_window = 0;  // bytes
  uint32_t receiver_window = 0;    // bytes
  uint32_t unacknowledged = 0;     // chunks
};

// Of a peer's data channels. What is too much or wrong is dropped and counted.
struct SctpStatistics {
  SctpState state = SctpState::kNew;
  SctpFigures figures = {};
  uint32_t dropped_packets = 0;               // that came faster than they were taken
  uint32_t strays = 0;                        // messages for no open channel
  uint32_t malformed = 0;                     // messages that are none
  std::vector<DataChannelRef> channels = {};  // those that are not closed
};

}  // namespace kms::rtc
