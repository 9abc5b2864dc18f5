// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"

namespace kms::rtc::test {

// For tests: RTCP as `write` has it.
inline std::vector<uint8_t> compound(const std::function<void(RtcpWriter&)>& write) {
  std::vector<uint8_t> packet(200);
  RtcpWriter writer(packet);
  write(writer);
  packet.resize(writer.size());
  return packet;
}

// A compound with which a source ends (RFC 3550 section 6.6).
inline std::vector<uint8_t> goodbye(uint32_t ssrc) {
  return compound([&](RtcpWriter& writer) {
    writer.receiver_report(ssrc, {});
    writer.bye(ssrc);
  });
}

// The latest sender report about `ssrc` among compounds that have come.
inline std::optional<SenderInfo> latest_report(const std::vector<std::vector<uint8_t>>& compounds,
                                               uint32_t ssrc) {
  std::optional<SenderInfo> report;
  const auto take = [&](const RtcpPacket& packet) {
    const auto info = read_sender_info(packet);
    if (info && info->ssrc == ssrc) report = info;
  };
  for (const auto& each : compounds) {
    RtcpReader reader(each);
    while (const auto packet = reader.next()) take(*packet);
  }
  return report;
}

}  // namespace kms::rtc::test
