// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/support/rtp_media.hpp"

namespace kms::test {

// What a peer with the encodings "l" and "h" sends: a camera in two sizes, each with a key frame when one is
// asked for. The test's thread.
class SimulcastCamera {
 public:
  struct Encoding {
    std::string rid;
    uint32_t ssrc;
    RtpMaker camera;
    uint16_t sequence = 100;
    unsigned asked = 0;  // for key frames
    bool active = true;
  };

  explicit SimulcastCamera(rtc::test::TestPeer& peer) : peer_(peer) {}

  // Sends and reads for some milliseconds.
  void work() {
    for (auto* each : {&small, &large}) send(*each);
    peer_.receive_until([] { return false; }, std::chrono::milliseconds(10));
    for (auto* each : {&small, &large}) {
      if (!peer_.asked_for_key_frame(each->ssrc)) continue;
      ++each->asked;
      each->camera.make_key_frame();
    }
    peer_.clear();
  }
  // As a browser does: goodbye, and a key frame to begin again with.
  void set_active(Encoding& encoding, bool active) {
    if (encoding.active == active) return;
    encoding.active = active;
    if (active) {
      encoding.camera.make_key_frame();
    } else {
      peer_.send_rtcp(rtc::test::goodbye(encoding.ssrc));
    }
  }

  Encoding small{"l", 50, RtpMaker(camera("width=80,height=60"))};
  Encoding large{"h", 60, RtpMaker(camera("width=320,height=240"))};
  std::optional<uint8_t> turns;  // how all pictures lie, where packets say so

 private:
  static std::string camera(const std::string& size) {
    return "videotestsrc is-live=true ! video/x-raw,framerate=30/1," + size +
           " ! vp8enc deadline=1 keyframe-max-dist=9999 ! rtpvp8pay picture-id-mode=2";
  }
  void send(Encoding& encoding) {
    while (auto content = encoding.camera.next()) {
      rtc::test::TestPeer::Frame frame;
      frame.marker = content->marker;
      frame.sequence = encoding.sequence;
      frame.timestamp = content->timestamp;
      frame.ssrc = encoding.ssrc;
      frame.rid = encoding.rid;
      if (turns && frame.marker) frame.orientation = turns;
      frame.payload = std::move(content->payload);
      if (!encoding.active) continue;
      ++encoding.sequence;
      peer_.send(frame);
    }
  }

  rtc::test::TestPeer& peer_;
};

}  // namespace kms::test
