// SPDX-License-Identifier: Apache-2.0
// A peer that sends its pictures in two sizes, and a Composite in which he is seen.
#include "kms/composite/v1/composite.grpc.pb.h"
#include "tests/integration/simulcast_camera.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using composite::v1::CompositeService;

class MixedLayers : public testing::Test {
 protected:
  using Encoding = SimulcastCamera::Encoding;

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
      const auto before = camera_.small.asked + camera_.large.asked;
      camera_.work();
      if (camera_.small.asked + camera_.large.asked > before) quiet = 0;
    }
  }
  // A key frame of it is asked for, which none was while it was calm: it is taken from now on.
  bool is_taken(Encoding& encoding) {
    const auto before = encoding.asked;
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (encoding.asked == before && std::chrono::steady_clock::now() < give_up) camera_.work();
    return encoding.asked > before;
  }
  WithEndpoint kms_;
  rtc::test::TestPeer peer_{{.publishes = true, .rids = {"l", "h"}}};
  SimulcastCamera camera_{peer_};
};

TEST_F(MixedLayers, TheSmallestThatFillsTheCellIsTaken) {
  calm();  // both have told their sizes
  ASSERT_EQ(show(320, 240), "OK") << kms_.client.last.message;
  ASSERT_EQ(link(), "OK") << kms_.client.last.message;
  EXPECT_TRUE(is_taken(camera_.large));
  calm();
  ASSERT_EQ(show(80, 60), "OK");
  EXPECT_TRUE(is_taken(camera_.small));
  calm();
  ASSERT_EQ(show(320, 240), "OK");
  EXPECT_TRUE(is_taken(camera_.large));
}

// Upright it fills a tall cell, on its side a part of it.
TEST_F(MixedLayers, WhoTurnsHisPhoneIsTakenInTheSizeOfHisNewShape) {
  calm();
  ASSERT_EQ(show(88, 116), "OK") << kms_.client.last.message;
  ASSERT_EQ(link(), "OK") << kms_.client.last.message;
  EXPECT_TRUE(is_taken(camera_.small));
  calm();
  camera_.turns = 1;
  EXPECT_TRUE(is_taken(camera_.large));
  calm();
  camera_.turns = 0;
  EXPECT_TRUE(is_taken(camera_.small));
}

}  // namespace
}  // namespace kms::test
