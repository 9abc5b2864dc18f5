// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace kms::test {

struct Chunk {
  std::vector<uint8_t> bytes;
  std::chrono::nanoseconds pts{};
};

// Runs what lies before a test through GStreamer elements, as fast as they can: `chain` (gst-launch syntax)
// between a source of `caps` and a sink. What came out, in order; throws when it fails.
std::vector<Chunk> pump(const std::string& caps, const std::string& chain, const std::vector<Chunk>& in);

}  // namespace kms::test
