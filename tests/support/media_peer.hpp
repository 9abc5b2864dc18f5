// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtp_media.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {

// Gives a TestPeer a camera, a microphone and a screen: VP8 and Opus. The camera's pictures have one colour,
// so that the far end can tell what became of them; the microphone gives a tone. Works only while the test
// calls it.
class MediaPeer {
 public:
  static constexpr int kWidth = 64;
  static constexpr int kHeight = 48;

  // `colour` as in "ff0000", which is red.
  MediaPeer(rtc::test::TestPeer& peer, const std::string& colour)
      : peer_(peer),
        camera_("videotestsrc is-live=true pattern=solid-color foreground-color=0xff" + colour +
                " ! video/x-raw,width=64,height=48,framerate=30/1 ! vp8enc deadline=1 ! rtpvp8pay "
                "picture-id-mode=2"),
        microphone_("audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay"),
        screen_("media=video,clock-rate=90000,encoding-name=VP8",
                "rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=RGB") {}

  // Sends what there is and looks at what came.
  void work() {
    send(camera_, true, video_sequence_);
    send(microphone_, false, audio_sequence_);
    peer_.receive_until([] { return false; }, std::chrono::milliseconds(10));
    if (asked_again()) camera_.make_key_frame();
    const auto& packets = peer_.rtp();
    for (; seen_ < packets.size(); ++seen_) {
      if ((packets[seen_].at(1) & 0x7f) == rtc::test::TestPeer::kVideoType) screen_.put(packets[seen_]);
    }
    for (auto& picture : screen_.take()) pictures_.push_back(mean_of(picture));
  }
  bool work_until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (!holds() && std::chrono::steady_clock::now() < give_up) work();
    return holds();
  }

  struct Colour {
    int red = 0;
    int green = 0;
    int blue = 0;
    bool near(const Colour& other) const {
      constexpr int kClose = 40;  // what a codec makes of it
      return std::abs(red - other.red) < kClose && std::abs(green - other.green) < kClose &&
             std::abs(blue - other.blue) < kClose;
    }
  };
  // Of the pictures that came, decoded.
  const std::vector<Colour>& pictures() const { return pictures_; }
  bool sees(const Colour& colour) const { return !pictures_.empty() && pictures_.back().near(colour); }

 private:
  void send(RtpMaker& maker, bool video, uint16_t& sequence) {
    while (auto content = maker.next()) {
      rtc::test::TestPeer::Frame frame;
      frame.video = video;
      frame.marker = content->marker;
      frame.sequence = ++sequence;
      frame.timestamp = content->timestamp;
      frame.payload = std::move(content->payload);
      peer_.send(frame);
    }
  }

  // Any feedback counts: the encoder may make a key frame too many.
  bool asked_again() {
    const auto before = std::exchange(rtcp_seen_, peer_.rtcp().size());
    return before != rtcp_seen_ && peer_.asked_for_key_frame();
  }

  static Colour mean_of(const std::vector<uint8_t>& picture) {
    Colour sum;
    for (size_t i = 0; i + 2 < picture.size(); i += 3) {
      sum.red += picture[i];
      sum.green += picture[i + 1];
      sum.blue += picture[i + 2];
    }
    const int pixels = kWidth * kHeight;
    return {sum.red / pixels, sum.green / pixels, sum.blue / pixels};
  }

  rtc::test::TestPeer& peer_;
  RtpMaker camera_;
  RtpMaker microphone_;
  RtpPlayer screen_;
  std::vector<Colour> pictures_;
  size_t seen_ = 0;
  size_t rtcp_seen_ = 0;
  uint16_t video_sequence_ = 0;
  uint16_t audio_sequence_ = 0;
};

}  // namespace kms::test
