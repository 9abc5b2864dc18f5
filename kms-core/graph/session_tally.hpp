// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace kms::graph {

// What a session, or several, consist of now, and what waits in their queues.
struct SessionTally {
  std::map<std::string, uint64_t> elements;  // by kind, as "WebRtcEndpoint"
  std::map<std::string, uint64_t> links;     // by what they carry: "audio", "video", "data"
  uint64_t decoders = 0;
  uint64_t encoders = 0;
  uint64_t queued_frames = 0;  // of media, before elements and transcoders
  uint64_t queued_bytes = 0;
  uint64_t longest_queue = 0;  // frames

  void add(const SessionTally& other) {
    for (const auto& [kind, count] : other.elements) elements[kind] += count;
    for (const auto& [kind, count] : other.links) links[kind] += count;
    decoders += other.decoders;
    encoders += other.encoders;
    queued_frames += other.queued_frames;
    queued_bytes += other.queued_bytes;
    longest_queue = longest_queue < other.longest_queue ? other.longest_queue : longest_queue;
  }
};

}  // namespace kms::graph
