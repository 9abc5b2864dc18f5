// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kms-core/mix/sound.hpp"

struct OpusDecoder;
struct OpusEncoder;

namespace kms::mix {

// Opus, frame by frame (RFC 6716), with libopus. One thread each.
class OpusSoundDecoder {
 public:
  explicit OpusSoundDecoder(unsigned channels);
  ~OpusSoundDecoder();
  OpusSoundDecoder(const OpusSoundDecoder&) = delete;
  OpusSoundDecoder& operator=(const OpusSoundDecoder&) = delete;

  // Frames of sound; empty where the packet is none. Good until the next call, as all here.
  const std::vector<int16_t>& decode(std::span<const uint8_t> packet);
  // So many frames that were lost, as far as they can be guessed.
  const std::vector<int16_t>& conceal(size_t frames);
  // The same for those just before `packet`, which may repeat them.
  const std::vector<int16_t>& recover(std::span<const uint8_t> packet, size_t frames);
  // What comes next does not follow what came.
  void begin_anew();

 private:
  const std::vector<int16_t>& run(std::span<const uint8_t> packet, size_t frames, bool lost);

  const unsigned channels_;
  const std::unique_ptr<OpusDecoder, void (*)(OpusDecoder*)> decoder_;
  std::vector<int16_t> out_;
};

class OpusSoundEncoder {
 public:
  struct Options {
    unsigned channels = 1;
    uint32_t bitrate_bps = 64'000;
  };
  explicit OpusSoundEncoder(const Options& options);
  ~OpusSoundEncoder();
  OpusSoundEncoder(const OpusSoundEncoder&) = delete;
  OpusSoundEncoder& operator=(const OpusSoundEncoder&) = delete;

  // What comes next follows this block, which is not given.
  void begin_anew(const Block& before);
  // A block as one frame; good until the next call.
  std::span<const uint8_t> encode(const Block& block);

 private:
  const std::unique_ptr<OpusEncoder, void (*)(OpusEncoder*)> encoder_;
  std::vector<uint8_t> out_;
};

}  // namespace kms::mix
