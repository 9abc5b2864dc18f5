// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace kms::rtc {

// Datagrams, or frames of RFC 4571 without their heads.
struct Traffic {
  uint64_t packets = 0;
  uint64_t bytes = 0;

  void add(size_t size) {
    ++packets;
    bytes += size;
  }
};

}  // namespace kms::rtc
