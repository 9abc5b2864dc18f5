// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kms::rtc {

// How a data channel carries its messages (RFC 8831 section 6.4, W3C RTCDataChannelInit).
struct DataChannelOptions {
  std::string label = {};     // UTF-8, at most kMaxDataLabel bytes
  std::string protocol = {};  // likewise
  bool ordered = true;
  // At most one of the two; neither: what was sent arrives.
  std::optional<uint16_t> max_retransmits = {};
  std::optional<uint16_t> max_packet_lifetime_ms = {};
  // The stream that both sides have agreed on elsewhere (W3C `negotiated`); the channel is open at once.
  // Empty: opened in the association (RFC 8832).
  std::optional<uint16_t> negotiated_id = {};

  bool operator==(const DataChannelOptions&) const = default;
};

// A message of a data channel; may be empty.
struct DataMessage {
  bool text = false;  // then `bytes` are UTF-8
  std::vector<uint8_t> bytes = {};

  bool operator==(const DataMessage&) const = default;
};

enum class DataChannelState : uint8_t { kConnecting, kOpen, kClosing, kClosed };

inline constexpr size_t kMaxDataMessage = 256 * 1024;  // bytes, both ways
inline constexpr size_t kMaxDataLabel = 1024;          // bytes, of the protocol as well
inline constexpr uint16_t kMaxDataStreams = 512;       // streams 0 to 511, both sides' channels together

}  // namespace kms::rtc
