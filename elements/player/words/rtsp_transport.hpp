// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kms::player {

// The value of the header Transport (RFC 2326, 12.39), ours and theirs. Of the host that a server names there
// nothing is taken: media comes from the host that the connection leads to, or not at all.
struct RtspTransport {
  bool tcp = false;
  std::optional<uint8_t> channel;
  std::optional<uint8_t> report_channel;
  uint16_t server_rtp = 0;  // 0: not said
  uint16_t server_rtcp = 0;
};
std::string udp_transport(uint16_t rtp_port);
std::string tcp_transport(uint8_t channel);
RtspTransport parse_transport(std::string_view value);

// The number behind `key` in the parameters of a header.
std::optional<std::chrono::seconds> seconds_of(std::string_view value, std::string_view key);

// A compound of RTCP says that its sender goes (BYE; RFC 3550, 6.6).
bool says_goodbye(const void* compound, size_t size);

}  // namespace kms::player
