// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "kms-core/bridge/jitter_buffer.hpp"
#include "kms-core/bridge/rtp_to_gst.hpp"
#include "kms-core/bridge/sound_track.hpp"
#include "kms-core/bridge/spatial_cut.hpp"
#include "kms-core/bridge/tap_switch.hpp"
#include "kms-core/bridge/video_frames.hpp"
#include "kms-core/gst/push_source.hpp"

namespace kms::bridge {

// What the streaming thread of an RtpToGst does: takes packets from the tap, puts them in order, and hands
// them to the depayloader as RTP packets again, with their capture time.
class IncomingTrack {
 public:
  // `fan_out` is the one behind the depayloader.
  IncomingTrack(rtc::Codec codec, std::shared_ptr<const gst::FanOut> fan_out, rtc::Duration patience);

  // Where the packets come from. Opened before the streaming thread begins.
  TapSwitch& taps() { return taps_; }
  // Which spatial layers go on.
  SpatialCut& layers() { return layers_; }
  RtpToGst::Stats stats() const;

  // Streaming thread: hands on what may go on now. Answers when it wants to be called again.
  std::optional<rtc::TimePoint> work(gst::PushSource& out, rtc::TimePoint now);

 private:
  void go_over(rtc::TimePoint now);
  void drain(gst::PushSource& out, rtc::TimePoint now, rtc::Duration patience);
  void hand_on_sound(gst::PushSource& out, const JitterBuffer::Next& next);
  void hand_on_video(gst::PushSource& out, JitterBuffer::Next next);
  void push_frame(gst::PushSource& out, const VideoFrames::Frame& frame);
  // An RTP packet as the depayloader sees it.
  struct Piece {
    const rtc::Packet& packet;
    rtc::TimePoint captured;
    bool marker = false;
  };
  void push(gst::PushSource& out, const Piece& piece);
  void tell_turns(gst::PushSource& out, unsigned turns);
  void check_key_frame(rtc::TimePoint now);

  const rtc::Codec codec_;
  const std::shared_ptr<const gst::FanOut> fan_out_;
  const rtc::Duration patience_;

  TapSwitch taps_;  // goes after the packets that came from it

  // Streaming thread:
  JitterBuffer order_;
  SoundTrack sound_;
  VideoFrames video_;
  SpatialCut layers_;
  uint16_t sequence_ = 0;
  bool changed_ = false;     // from one encoding to another
  rtc::TimePoint latest_{};  // of the frames handed on, when it was captured
  unsigned turns_ = 0;
  std::optional<rtc::TimePoint> asked_;  // for a key frame
  uint64_t frames_before_ = 0;           // that came out of the depayloader before the last beginning
  unsigned tried_ = 0;                   // frames handed on since then, while none came out

  std::atomic<uint64_t> packets_ = 0;
  std::atomic<uint64_t> lost_ = 0;
  std::atomic<uint64_t> late_ = 0;
  std::atomic<uint64_t> concealed_ = 0;
  std::atomic<uint64_t> waited_us_ = 0;
};

}  // namespace kms::bridge
