// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "bench/loadtest/clip.hpp"
#include "bench/loadtest/rtp_track.hpp"
#include "bench/loadtest/stamp.hpp"

namespace kms::rtc::loadtest {

// What sources of media have in common.
struct SourceOptions {
  Stamps stamps;
  uint32_t room = 0;
  uint32_t first_timestamp = 0;
};
using SendPlain = std::function<void(const PlainRtp&)>;

// VP8 of a clip as RTP (RFC 7741), over and over again. Goes to a key frame when it is asked for one. Frames
// are spread over time as browsers do it. The last packet of a frame has the stamp, behind all that a decoder
// reads. One thread.
class VideoSource {
 public:
  static constexpr double kPace = 2.5;  // times the clip's bit rate
  static constexpr Duration kLeastBetweenKeyFrames = std::chrono::milliseconds(300);

  // `clip` outlives it.
  VideoSource(const Clip& clip, const RtpTrack::Options& track, const SourceOptions& options);

  // From then on it sends.
  void start(TimePoint now);
  // Sends what is due.
  void on_time(TimePoint now, const SendPlain& send);
  TimePoint deadline() const;
  void want_key_frame() { wants_key_frame_ = true; }

  RtpTrack& track() { return track_; }
  uint32_t timestamp_at(TimePoint moment) const;
  uint64_t key_frames() const { return key_frames_; }

 private:
  void begin_frame(TimePoint now);
  void send_piece(TimePoint now, const SendPlain& send);

  const Clip& clip_;
  SourceOptions options_;
  RtpTrack track_;
  Duration per_byte_;
  TimePoint started_ = TimePoint::max();
  TimePoint frame_due_ = TimePoint::max();
  TimePoint piece_due_{};
  TimePoint last_key_frame_{};
  bool wants_key_frame_ = false;
  size_t next_frame_ = 0;
  uint64_t key_frames_ = 0;
  // Of the frame that is being sent.
  const ClipFrame* frame_ = nullptr;  // null: none
  size_t sent_bytes_ = 0;
  size_t pieces_left_ = 0;
  uint32_t timestamp_ = 0;
  uint16_t picture_id_ = 0;
};

// Opus packets of 20 ms of silence, as large as speech, fifty in a second. What makes them large is Opus
// padding (RFC 6716 section 3.2.5), and the stamp is part of it. One thread.
class AudioSource {
 public:
  static constexpr Duration kPacketTime = std::chrono::milliseconds(20);
  static constexpr size_t kPacketSize = 100;  // 40 kbit/s

  AudioSource(const RtpTrack::Options& track, const SourceOptions& options);

  void start(TimePoint now);
  void on_time(TimePoint now, const SendPlain& send);
  TimePoint deadline() const { return due_; }

  RtpTrack& track() { return track_; }
  uint32_t timestamp_at(TimePoint moment) const;

 private:
  SourceOptions options_;
  RtpTrack track_;
  std::array<uint8_t, kPacketSize> packet_{};
  TimePoint started_ = TimePoint::max();
  TimePoint due_ = TimePoint::max();
};

}  // namespace kms::rtc::loadtest
