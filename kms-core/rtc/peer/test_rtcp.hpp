// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kms-core/rtc/rtcp/rtcp_writer.hpp"

namespace kms::rtc::test {

// For tests: a compound with which a source ends (RFC 3550 section 6.6).
inline std::vector<uint8_t> goodbye(uint32_t ssrc) {
  std::vector<uint8_t> compound(64);
  RtcpWriter writer(compound);
  writer.receiver_report(ssrc, {});
  writer.bye(ssrc);
  compound.resize(writer.size());
  return compound;
}

}  // namespace kms::rtc::test
