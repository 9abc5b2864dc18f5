// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kms-core/rtc/peer/test_phone.hpp"
#include "kms/rtp/v1/rtp.pb.h"
#include "tests/support/eye.hpp"
#include "tests/support/rtp_media.hpp"

namespace kms::test {

// A screen at the far end of an RtpEndpoint: VP8 over a socket on loopback, decoded. Works only while the
// test calls it.
class Wall {
 public:
  // `width`, `height`: of the pictures that are sent to it.
  Wall(int width, int height) : width_(width), height_(height) {}

  // For the endpoint that sends to it.
  void describe(rtp::v1::Stream& video) const {
    video.set_codec("VP8");
    video.set_payload_type(96);
    video.set_remote_address("127.0.0.1");
    video.set_remote_port(socket_.port());
  }
  // Pictures since the last call; waits for packets a moment.
  std::vector<Sight> look() {
    socket_.receive_until([] { return false; }, std::chrono::milliseconds(1));
    for (; shown_ < packets().size(); ++shown_) decoder_.put(packets()[shown_]);
    std::vector<Sight> out;
    for (auto& picture : decoder_.take()) out.push_back({width_, height_, std::move(picture)});
    return out;
  }
  // All that came.
  const std::vector<std::vector<uint8_t>>& packets() const { return socket_.rtp(); }

 private:
  int width_;
  int height_;
  rtc::test::TestPhone socket_{{.video = true}};
  RtpPlayer decoder_{"media=video,clock-rate=90000,encoding-name=VP8",
                     "rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=RGBx"};
  size_t shown_ = 0;
};

}  // namespace kms::test
