// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/media_source.hpp"

#include <algorithm>

namespace kms::rtc::loadtest {
namespace {

constexpr size_t kDescriptor = 4;  // with a picture number of 15 bits
constexpr size_t kMostOfAFrame = RtpTrack::kMaxPayload - kDescriptor - Stamp::kSize;

// What was not sent for so long is left out: the machine had no time for it.
constexpr Duration kLongestLag = std::chrono::milliseconds(500);

uint32_t ticks(Duration time, uint32_t clock_rate) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return static_cast<uint32_t>(us * clock_rate / 1'000'000);
}

std::array<uint8_t, kDescriptor> descriptor(bool starts_frame, uint16_t picture_id) {
  return {static_cast<uint8_t>(starts_frame ? 0x90 : 0x80), 0x80,
          static_cast<uint8_t>(0x80 | picture_id >> 8), static_cast<uint8_t>(picture_id)};
}

uint16_t first_sequence(const SourceOptions& options) {
  return static_cast<uint16_t>(options.first_timestamp & 0x7fff);
}

// One frame of silence and padding (RFC 6716 section 3.2.5): a frame count byte that says so, the number of
// bytes of padding, the frame, the padding.
void write_silence(std::array<uint8_t, AudioSource::kPacketSize>& packet) {
  constexpr uint8_t kCeltOf20Ms = 31 << 3;
  constexpr uint8_t kManyFrames = 3, kPadded = 0x40, kOneFrame = 1;
  packet[0] = kCeltOf20Ms | kManyFrames;
  packet[1] = kPadded | kOneFrame;
  packet[2] = static_cast<uint8_t>(packet.size() - 5);
  packet[3] = 0xff;
  packet[4] = 0xfe;
}

}  // namespace

VideoSource::VideoSource(const Clip& clip, const RtpTrack::Options& track, const SourceOptions& options)
    : clip_(clip),
      options_(options),
      track_(track, first_sequence(options)),
      per_byte_(static_cast<int64_t>(8e9 / (clip.bitrate_bps() * kPace))) {}

void VideoSource::start(TimePoint now) { started_ = frame_due_ = now; }

uint32_t VideoSource::timestamp_at(TimePoint moment) const {
  return options_.first_timestamp + ticks(moment - started_, 90000);
}

TimePoint VideoSource::deadline() const { return frame_ ? piece_due_ : frame_due_; }

void VideoSource::begin_frame(TimePoint now) {
  if (now - frame_due_ > kLongestLag) frame_due_ = now;
  if (wants_key_frame_ && now - last_key_frame_ >= kLeastBetweenKeyFrames)
    next_frame_ = clip_.key_frame_from(next_frame_);
  frame_ = &clip_.frames[next_frame_];
  next_frame_ = (next_frame_ + 1) % clip_.frames.size();
  if (frame_->key) {
    last_key_frame_ = now;
    wants_key_frame_ = false;
    ++key_frames_;
  }
  sent_bytes_ = 0;
  pieces_left_ = (frame_->bytes.size() + kMostOfAFrame - 1) / kMostOfAFrame;
  timestamp_ = timestamp_at(frame_due_);
  picture_id_ = static_cast<uint16_t>((picture_id_ + 1) & 0x7fff);
  piece_due_ = std::max(piece_due_, now);
  frame_due_ += clip_.frame_time;
}

// Pieces of a frame are of one size, but for the last.
void VideoSource::send_piece(TimePoint now, const SendPlain& send) {
  const auto left = frame_->bytes.size() - sent_bytes_;
  const auto size = (left + pieces_left_ - 1) / pieces_left_;
  const bool last = --pieces_left_ == 0;
  const auto head = descriptor(sent_bytes_ == 0, picture_id_);
  std::array<uint8_t, Stamp::kSize> stamp;
  options_.stamps.write(stamp.data(), {options_.room, now});
  const auto tail = last ? Bytes(stamp) : Bytes{};
  send(track_.make({head, Bytes(frame_->bytes).subspan(sent_bytes_, size), tail}, timestamp_, last));
  sent_bytes_ += size;
  piece_due_ += per_byte_ * static_cast<int64_t>(size);
  if (last) frame_ = nullptr;
}

// A frame that is due finishes the one before it: what is behind is sent at once, as far as pace allows.
void VideoSource::on_time(TimePoint now, const SendPlain& send) {
  while (frame_ ? now >= piece_due_ : now >= frame_due_) {
    if (!frame_) begin_frame(now);
    while (frame_ && now >= piece_due_) send_piece(now, send);
  }
}

AudioSource::AudioSource(const RtpTrack::Options& track, const SourceOptions& options)
    : options_(options), track_(track, first_sequence(options)) {
  write_silence(packet_);
}

void AudioSource::start(TimePoint now) { started_ = due_ = now; }

uint32_t AudioSource::timestamp_at(TimePoint moment) const {
  return options_.first_timestamp + ticks(moment - started_, 48000);
}

void AudioSource::on_time(TimePoint now, const SendPlain& send) {
  if (started_ != TimePoint::max() && now - due_ > kLongestLag) due_ = now;
  for (; now >= due_; due_ += kPacketTime) {
    options_.stamps.write(packet_.data() + packet_.size() - Stamp::kSize, {options_.room, now});
    send(track_.make({packet_, {}, {}}, timestamp_at(due_), false));
  }
}

}  // namespace kms::rtc::loadtest
