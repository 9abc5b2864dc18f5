// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "tests/support/media_probe.hpp"

namespace kms::test {

// What ffprobe says of a file, in one call: the packets of its tracks, all of a kind together and without
// hashes, and its duration.
struct Probe {
  std::map<char, std::vector<Packet>> packets;
  double duration = 0;
};
Probe probe(const std::string& path);

}  // namespace kms::test
