// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "bench/loadtest/histogram.hpp"
#include "bench/loadtest/received_stream.hpp"

namespace kms::rtc::loadtest {

// What is counted. Of publishers what they send, of viewers what they get.
enum class Count : uint8_t {
  kSentPackets,      // RTP, repeated packets too
  kSentBytes,        // of these, as datagrams
  kRepeatedPackets,  // RTX
  kSentKeyFrames,
  kReceivedPackets,    // RTP, all that opened
  kReceivedBytes,      // of these, as datagrams
  kMisrouted,          // stamped for another room
  kUnopened,           // SRTP that does not open
  kUnknown,            // of no payload type that was agreed on
  kPublisherNacks,     // packets that the server asked publishers for
  kPublisherPlis,      // key frames that it asked for
  kPublisherFeedback,  // transport-cc packets that it sent
  kViewerNacks,        // packets that viewers asked for
  kViewerPlis,
  kViewerFeedback,
  kDroppedUp,  // by the loss that was asked for
  kDroppedDown,
  kNotSent,  // the kernel took no more
  kEnd
};

class Counts {
 public:
  uint64_t& operator[](Count what) { return values_[static_cast<size_t>(what)]; }
  uint64_t operator[](Count what) const { return values_[static_cast<size_t>(what)]; }
  Counts& operator+=(const Counts& other) {
    for (size_t i = 0; i < values_.size(); ++i) values_[i] += other.values_[i];
    return *this;
  }
  Counts since(const Counts& before) const {
    auto difference = *this;
    for (size_t i = 0; i < values_.size(); ++i) difference.values_[i] -= before.values_[i];
    return difference;
  }

 private:
  std::array<uint64_t, static_cast<size_t>(Count::kEnd)> values_{};
};

// How long joining takes, step by step.
struct SetupTimes {
  Histogram post;          // from the request to the answer
  Histogram ice;           // from there to a nominated pair
  Histogram dtls;          // from there to keys
  Histogram first_packet;  // from there; viewers
  Histogram first_key_frame;
  Histogram total;  // from the request to a picture; of publishers to keys

  void add(const SetupTimes& other);
};

// What a thread has counted, or several have.
struct Tally {
  Counts counts;
  StreamTotals video;
  StreamTotals audio;
  Histogram video_latency;  // of a frame's last packet
  Histogram audio_latency;
  SetupTimes publisher_setup;
  SetupTimes viewer_setup;
  uint64_t viewers_without_media = 0;  // connected, and nothing to be seen or heard yet
  Duration longest_pause{};            // between two turns of the thread

  void add(const Tally& other);
};

}  // namespace kms::rtc::loadtest
