// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/sound_track.hpp"

#include <algorithm>
#include <array>

namespace kms::bridge {
namespace {

using std::chrono::microseconds;

// Beyond that the sound is gone, and there is nothing to conceal.
constexpr uint64_t kMostPieces = 25;
constexpr microseconds kShortest{2500};  // of an Opus frame
constexpr microseconds kLongest{120000};

// RFC 6716 section 3.1: the frame's length by the configuration, and how many there are.
std::optional<rtc::Duration> opus_duration(rtc::Bytes payload) {
  if (payload.empty()) return std::nullopt;
  const unsigned configuration = payload[0] >> 3;
  constexpr std::array<int, 4> kSilk{10000, 20000, 40000, 60000};
  microseconds frame{0};
  if (configuration < 12) {
    frame = microseconds(kSilk[configuration % 4]);
  } else if (configuration < 16) {
    frame = microseconds(configuration % 2 == 0 ? 10000 : 20000);
  } else {
    frame = kShortest * (1 << configuration % 4);
  }
  const unsigned code = payload[0] & 3U;
  if (code < 3) return frame * (code == 0 ? 1 : 2);
  if (payload.size() < 2) return std::nullopt;
  const auto all = frame * (payload[1] & 0x3fU);
  if (all <= microseconds(0) || all > kLongest) return std::nullopt;
  return all;
}

}  // namespace

std::optional<rtc::Duration> duration_of(rtc::Codec codec, rtc::Bytes payload) {
  if (codec == rtc::Codec::kOpus) return opus_duration(payload);
  if (!rtc::is_audio(codec)) return std::nullopt;
  return microseconds(125) * payload.size();  // 64 kbit/s, all of them
}

const std::vector<SoundTrack::Piece>& SoundTrack::missing_before(const JitterBuffer::Next& next) {
  missing_.clear();
  const auto& packet = *next.packet;
  const bool lost = next.lost > 0 && next.lost <= kMostPieces && !next.anew && end_;
  const auto length = length_;
  for (uint64_t i = 0; lost && length > rtc::Duration(0) && i < next.lost; ++i) {
    const auto left = packet.captured - *end_;
    if (left < kShortest) break;
    const auto piece = std::min<rtc::Duration>(length, left);
    missing_.push_back({*end_, piece});
    *end_ += piece;
  }
  length_ = duration_of(codec_, packet.media()).value_or(length_);
  end_ = packet.captured + length_;
  return missing_;
}

}  // namespace kms::bridge
