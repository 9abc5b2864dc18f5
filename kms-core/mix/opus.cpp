// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/opus.hpp"

#include <opus.h>

#include <algorithm>

namespace kms::mix {
namespace {

constexpr size_t kLongestPacket = kFramesPerSecond * 120 / 1000;  // of a packet, frames
constexpr size_t kStep = kFramesPerSecond / 400;  // 2.5 ms, of which all lengths are multiples
constexpr size_t kLargestPacket = 1275;
// Half of libopus' way from quick to thorough; at this bit rate one does not hear the rest.
constexpr int kComplexity = 5;

}  // namespace

OpusSoundDecoder::OpusSoundDecoder(unsigned channels)
    : channels_(channels),
      decoder_(
          opus_decoder_create(static_cast<opus_int32>(kFramesPerSecond), static_cast<int>(channels), nullptr),
          opus_decoder_destroy) {}
OpusSoundDecoder::~OpusSoundDecoder() = default;

const std::vector<int16_t>& OpusSoundDecoder::run(std::span<const uint8_t> packet, size_t frames, bool lost) {
  out_.resize(frames * channels_);
  const auto* data = packet.empty() ? nullptr : packet.data();
  const int got = decoder_ ? opus_decode(decoder_.get(), data, static_cast<opus_int32>(packet.size()),
                                         out_.data(), static_cast<int>(frames), lost ? 1 : 0)
                           : OPUS_ALLOC_FAIL;
  out_.resize(static_cast<size_t>(std::max(got, 0)) * channels_);
  return out_;
}

const std::vector<int16_t>& OpusSoundDecoder::decode(std::span<const uint8_t> packet) {
  if (!packet.empty()) return run(packet, kLongestPacket, false);
  out_.clear();
  return out_;
}

const std::vector<int16_t>& OpusSoundDecoder::conceal(size_t frames) {
  return run({}, std::clamp(frames / kStep * kStep, kStep, kLongestPacket), false);
}

const std::vector<int16_t>& OpusSoundDecoder::recover(std::span<const uint8_t> packet, size_t frames) {
  return run(packet, std::clamp(frames / kStep * kStep, kStep, kLongestPacket), true);
}

void OpusSoundDecoder::begin_anew() {
  if (decoder_) opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
}

OpusSoundEncoder::OpusSoundEncoder(const Options& options)
    : encoder_(opus_encoder_create(static_cast<opus_int32>(kFramesPerSecond),
                                   static_cast<int>(options.channels), OPUS_APPLICATION_AUDIO, nullptr),
               opus_encoder_destroy) {
  if (!encoder_) return;
  opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(static_cast<opus_int32>(options.bitrate_bps)));
  opus_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(kComplexity));
}
OpusSoundEncoder::~OpusSoundEncoder() = default;

void OpusSoundEncoder::begin_anew(const Block& before) {
  if (encoder_) opus_encoder_ctl(encoder_.get(), OPUS_RESET_STATE);
  encode(before);
}

std::span<const uint8_t> OpusSoundEncoder::encode(const Block& block) {
  out_.resize(kLargestPacket);
  const int size = encoder_ ? opus_encode(encoder_.get(), block.data(), static_cast<int>(kBlockFrames),
                                          out_.data(), static_cast<opus_int32>(out_.size()))
                            : OPUS_ALLOC_FAIL;
  return {out_.data(), static_cast<size_t>(std::max(size, 0))};
}

}  // namespace kms::mix
