// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/packet_sound.hpp"

#include <algorithm>

#include "kms-core/bridge/sound_track.hpp"

namespace kms::mix {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{40};  // nobody is asked to send sound again
constexpr uint64_t kMostLost = 10;     // packets that are concealed
constexpr size_t kCatchUp = 6;         // packets
constexpr size_t kSilentPacket = 2;    // bytes of a packet in which nothing is to be heard

std::optional<uint8_t> level_in(const rtc::Packet& packet) {
  for (size_t i = 0; i < packet.extension_count; ++i) {
    const auto& extension = packet.extensions[i];
    if (extension.kind == rtc::ExtensionKind::kAudioLevel && extension.size >= 1)
      return static_cast<uint8_t>(extension.value[0] & 0x7f);  // the high bit says whether it is a voice
  }
  return std::nullopt;
}

size_t frames_in(rtc::Duration length) {
  return static_cast<size_t>(length / std::chrono::microseconds(1)) * kFramesPerSecond / 1'000'000;
}

}  // namespace

PacketSound::PacketSound(std::unique_ptr<rtc::Tap> tap, unsigned channels)
    : tap_(std::move(tap)),
      channels_(channels),
      order_({.patience = kPatience, .capacity = 128}),
      queue_(channels) {}

void PacketSound::put(rtc::PacketRef packet, rtc::TimePoint now) {
  packets_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(packet->media().size(), std::memory_order_relaxed);
  order_.put(std::move(packet), now);
}

void PacketSound::take_packets(rtc::TimePoint now) {
  rtc::PacketRef packet;
  while (tap_ && tap_->pop(packet)) put(std::move(packet), now);
  bridge::JitterBuffer::Next next;
  while (order_.pop(next, now)) {
    const auto media = next.packet->media();
    const auto length = bridge::duration_of(rtc::Codec::kOpus, media);
    pausing_ = media.size() <= kSilentPacket;
    if (const auto level = level_in(*next.packet)) level_ = level;
    if (!length) continue;  // a telephone event, or no Opus
    const auto frames = frames_in(*length);
    playout_.came(frames);
    waiting_.push_back({std::move(next.packet), next.lost, next.anew, frames});
    waiting_frames_ += frames;
  }
}

uint8_t PacketSound::listen() { return listen(rtc::Clock::now()); }

uint8_t PacketSound::listen(rtc::TimePoint now) {
  take_packets(now);
  step_ = playout_.next(waiting_frames(), pausing_);
  skip(step_.skip);
  heard_ = false;
  const bool goes_on =
      step_.play && (waiting_frames() > 0 || follows_);  // what is late is concealed at first
  ending_ = !goes_on && queue_.sounds();
  step_.play = goes_on || ending_;
  if (ending_) step_.frames = queue_.frames() + 1;  // more than there are: it fades out
  if (!step_.play) return kSilent;
  if (level_) return *level_;
  heard_ = take(block_);
  return heard_ ? level_of(block_) : kSilent;
}

// Whole packets go undecoded.
void PacketSound::skip(size_t frames) {
  const auto decoded = std::min(frames, queue_.frames());
  queue_.drop(decoded);
  for (size_t left = frames - decoded; left > 0 && !waiting_.empty();) {
    left -= std::min(left, waiting_.front().frames);
    leave_out();
  }
}

bool PacketSound::take(Block& out) {
  if (heard_) {
    out.swap(block_);
    return true;
  }
  if (!step_.play) return false;
  if (!ending_) fill();
  queue_.read(step_.frames, out);
  return true;
}

void PacketSound::fill() {
  while (queue_.frames() < step_.frames && !waiting_.empty()) decode_next();
  if (queue_.frames() < step_.frames && decoder_ && !pausing_) append(decoder_->conceal(kBlockFrames));
}

// Its time goes by all the same.
void PacketSound::pass() {
  if (heard_ || !step_.play) return;
  while (!ending_ && queue_.frames() < step_.frames && !waiting_.empty()) {
    queue_.push_silence(waiting_.front().frames);
    leave_out();
  }
  queue_.drop(step_.frames);
}

void PacketSound::leave_out() {
  auto& first = waiting_.front();
  if (first.anew) passed_.clear();
  passed_.push_back(std::move(first.packet));
  if (passed_.size() > kCatchUp) passed_.pop_front();
  waiting_frames_ -= first.frames;
  waiting_.pop_front();
  follows_ = false;
}

// A decoder that sees a stream from its middle on needs a tenth of a second to find its loudness.
void PacketSound::catch_up() {
  decoder_->begin_anew();
  for (const auto& packet : passed_) decoder_->decode(packet->media());
  passed_.clear();
}

void PacketSound::decode_next() {
  const auto next = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_frames_ -= next.frames;
  if (!decoder_) decoder_ = std::make_unique<OpusSoundDecoder>(channels_);
  if (next.anew) passed_.clear();
  if (!follows_ || next.anew) catch_up();
  if (follows_ && !next.anew && next.lost > 0) decode_lost(next);
  follows_ = true;
  append(decoder_->decode(next.packet->media()));
  decoded_.fetch_add(1, std::memory_order_relaxed);
}

// The last of those that were lost may be told by the packet behind it.
void PacketSound::decode_lost(const Waiting& next) {
  const auto lost = std::min(next.lost, kMostLost);
  for (uint64_t i = 1; i < lost; ++i) append(decoder_->conceal(next.frames));
  append(decoder_->recover(next.packet->media(), next.frames));
}

void PacketSound::append(const std::vector<int16_t>& samples) {
  queue_.push(samples.data(), samples.size() / channels_);
}

}  // namespace kms::mix
