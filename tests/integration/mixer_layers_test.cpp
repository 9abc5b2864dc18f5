// SPDX-License-Identifier: Apache-2.0
// A peer that sends its pictures in two sizes, and a Composite in which he is seen.
#include "kms/composite/v1/composite.grpc.pb.h"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/rtp_media.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using composite::v1::CompositeService;

std::string camera(const std::string& size) {
  return "videotestsrc is-live=true ! video/x-raw,framerate=30/1," + size +
         " ! vp8enc deadline=1 keyframe-max-dist=9999 ! rtpvp8pay picture-id-mode=2";
}

class MixedLayers : public testing::Test {
 protected:
  struct Encoding {
    std::string rid;
    uint32_t ssrc;
    RtpMaker camera;
    uint16_t sequence = 100;
    unsigned asked = 0;  // for key frames
  };

  MixedLayers() {
    EXPECT_TRUE(kms_.join(peer_));
    composite::v1::CompositeOptions room;
    room.set_width(320);
    room.set_height(240);
    room.add_ports()->set_port_id("ann");
    EXPECT_EQ(kms_.create("room", room), "OK") << kms_.client.last.message;
  }
  std::string link() {
    v1::LinkSpec link;
    link.set_source("w");
    link.set_source_port("video");
    link.set_sink("room");
    link.set_sink_port("ann.video");
    return kms_.client.connect(kms_.session, link);
  }
  std::string show(uint32_t width, uint32_t height) {
    composite::v1::SetLayoutRequest request;
    auto* cell = request.mutable_layout()->mutable_custom()->add_cells();
    cell->set_port_id("ann");
    cell->set_width(width);
    cell->set_height(height);
    return kms_.command<CompositeService>("room", &CompositeService::Stub::SetLayout, request);
  }
  // What was asked for has come, and nothing more is.
  void calm() {
    for (int quiet = 0; quiet < 100; ++quiet) {
      const auto before = small_.asked + large_.asked;
      work();
      if (small_.asked + large_.asked > before) quiet = 0;
    }
  }
  // A key frame of it is asked for, which none was while it was calm: it is taken from now on.
  bool is_taken(Encoding& encoding) {
    const auto before = encoding.asked;
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (encoding.asked == before && std::chrono::steady_clock::now() < give_up) work();
    return encoding.asked > before;
  }
  void work() {
    for (auto* each : {&small_, &large_}) send(*each);
    peer_.receive_until([] { return false; }, std::chrono::milliseconds(10));
    for (auto* each : {&small_, &large_}) {
      if (!peer_.asked_for_key_frame(each->ssrc)) continue;
      ++each->asked;
      each->camera.make_key_frame();
    }
    peer_.clear();
  }

  WithEndpoint kms_;
  rtc::test::TestPeer peer_{{.publishes = true, .rids = {"l", "h"}}};
  Encoding small_{"l", 50, RtpMaker(camera("width=80,height=60"))};
  Encoding large_{"h", 60, RtpMaker(camera("width=320,height=240"))};
  std::optional<uint8_t> turns_;  // how all pictures lie, where packets say so

 private:
  void send(Encoding& encoding) {
    while (auto content = encoding.camera.next()) {
      rtc::test::TestPeer::Frame frame;
      frame.marker = content->marker;
      frame.sequence = encoding.sequence++;
      frame.timestamp = content->timestamp;
      frame.ssrc = encoding.ssrc;
      frame.rid = encoding.rid;
      if (turns_ && frame.marker) frame.orientation = turns_;
      frame.payload = std::move(content->payload);
      peer_.send(frame);
    }
  }
};

TEST_F(MixedLayers, TheSmallestThatFillsTheCellIsTaken) {
  calm();  // both have told their sizes
  ASSERT_EQ(show(320, 240), "OK") << kms_.client.last.message;
  ASSERT_EQ(link(), "OK") << kms_.client.last.message;
  EXPECT_TRUE(is_taken(large_));
  calm();
  ASSERT_EQ(show(80, 60), "OK");
  EXPECT_TRUE(is_taken(small_));
  calm();
  ASSERT_EQ(show(320, 240), "OK");
  EXPECT_TRUE(is_taken(large_));
}

// Upright it fills a tall cell, on its side a part of it.
TEST_F(MixedLayers, WhoTurnsHisPhoneIsTakenInTheSizeOfHisNewShape) {
  calm();
  ASSERT_EQ(show(88, 116), "OK") << kms_.client.last.message;
  ASSERT_EQ(link(), "OK") << kms_.client.last.message;
  EXPECT_TRUE(is_taken(small_));
  calm();
  turns_ = 1;
  EXPECT_TRUE(is_taken(large_));
  calm();
  turns_ = 0;
  EXPECT_TRUE(is_taken(small_));
}

}  // namespace
}  // namespace kms::test
