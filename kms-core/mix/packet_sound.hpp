// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>

#include "kms-core/bridge/jitter_buffer.hpp"
#include "kms-core/mix/opus.hpp"
#include "kms-core/mix/playout.hpp"
#include "kms-core/mix/sound_queue.hpp"
#include "kms-core/mix/sound_source.hpp"
#include "kms-core/rtc/tap.hpp"

namespace kms::mix {

// Sound of a source of Opus packets. Who is not chosen is not decoded: where packets say how loud they are
// (RFC 6464), that is known before. The mixer's thread, which takes packets from the tap; it has none of its
// own, and nobody wakes it.
class PacketSound : public SoundSource {
 public:
  PacketSound(std::unique_ptr<rtc::Tap> tap, unsigned channels);

  uint8_t listen() override;
  bool take(Block& out) override;
  void pass() override;

  // Any thread. What came, and what of it was decoded.
  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t decoded() const { return decoded_; }

  // What packets that came say; for tests, which have no tap.
  void put(rtc::PacketRef packet, rtc::TimePoint now);
  uint8_t listen(rtc::TimePoint now);

 private:
  struct Waiting {
    rtc::PacketRef packet;
    uint64_t lost = 0;  // packets just before it
    bool anew = false;
    size_t frames = 0;  // that it lasts
  };
  void take_packets(rtc::TimePoint now);
  void skip(size_t frames);
  void leave_out();
  void catch_up();
  void decode_next();
  void decode_lost(const Waiting& next);
  void append(const std::vector<int16_t>& samples);
  size_t waiting_frames() const { return queue_.frames() + waiting_frames_; }

  const std::unique_ptr<rtc::Tap> tap_;  // goes after the packets that came from it
  const unsigned channels_;
  bridge::JitterBuffer order_;
  std::deque<Waiting> waiting_;
  size_t waiting_frames_ = 0;  // of them
  Playout playout_;
  Playout::Step step_;
  std::optional<uint8_t> level_;       // of the last packet that said it
  bool pausing_ = false;               // the last packet was one of those before a pause (DTX)
  std::deque<rtc::PacketRef> passed_;  // the last ones that were not decoded, one after the other
  bool follows_ = false;               // the decoder has seen the packet before the next one

  std::unique_ptr<OpusSoundDecoder> decoder_;  // from the first time that it is needed
  SoundQueue queue_;                           // decoded
  Block block_;                                // where senders say nothing: the next one, decoded to know
  bool heard_ = false;

  std::atomic<uint64_t> packets_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<uint64_t> decoded_ = 0;
};

}  // namespace kms::mix
