// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "elements/player/player_fixture.hpp"
#include "tests/support/hostile/raw_server.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/rtsp_server.hpp"

namespace kms::player {
namespace {

using test::camera;
using test::kCameraAac;
using test::kCameraH264;
using test::RtspServer;

class ReconnectTest : public PlayerTest {
 protected:
  static v1::PlayerOptions options(const std::string& uri) {
    v1::PlayerOptions options;
    options.set_uri(uri);
    options.mutable_reconnect()->mutable_initial()->set_nanos(100'000'000);
    options.mutable_reconnect()->mutable_most()->set_nanos(500'000'000);
    return options;
  }
  size_t count(const std::string& text) const {
    const auto events = host_.events();
    return static_cast<size_t>(std::count_if(events.begin(), events.end(), [&](const auto& event) {
      return event.find(text) != std::string::npos;
    }));
  }
};

TEST_F(ReconnectTest, WhatIsLostComesBackAndTimeGoesOn) {
  RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  ASSERT_TRUE(make(options(server.uri())).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(30));

  server.kill();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING", 3));
  const auto before = video_.frames().size();
  const auto sound_before = audio_.frames().size();
  ASSERT_TRUE(video_.wait_frames(before + 3));
  ASSERT_TRUE(audio_.wait_frames(sound_before + 40));
  const auto bridge = video_.frames();
  server.start();
  ASSERT_TRUE(host_.wait_for("STATE_PLAYING", 2));
  const auto back = video_.frames().size();
  ASSERT_TRUE(video_.wait_frames(back + 30));

  EXPECT_TRUE(bridge.at(before).key);
  expect_paced({bridge.begin() + static_cast<std::ptrdiff_t>(before), bridge.end()});
  EXPECT_TRUE(rises(video_.frames()));
  EXPECT_TRUE(rises(audio_.frames()));
  EXPECT_EQ(video_.ends(), 0U);
  EXPECT_EQ(count("EndOfStream"), 0U);
  EXPECT_EQ(count("ElementError"), 0U);
  EXPECT_EQ(count("attempt: 1 "), 1U);
  EXPECT_EQ(count("reason: \"UNREADABLE\""), count("STATE_RECONNECTING"));
}

// Of the first pixel of a raw picture.
int luma(const Frame& frame) { return static_cast<uint8_t>(frame.first_bytes.at(0)); }

// In the codec and the size of the camera.
TEST_F(ReconnectTest, APlaceholderIsShownMeanwhile) {
  const auto picture = test::make_media(
      "away.png",
      "videotestsrc num-buffers=1 pattern=green ! video/x-raw,width=64,height=64 ! pngenc ! filesink "
      "location={}");
  test::Taker screen("screen", {.chain = "vp8dec"});
  RtspServer server({.launch = camera("vp8enc deadline=1 keyframe-max-dist=25 ! rtpvp8pay name=pay0", "")});
  auto asked = options(server.uri());
  asked.mutable_reconnect()->set_on_gap(v1::ON_GAP_PLACEHOLDER);
  asked.mutable_reconnect()->set_placeholder_uri(test::uri_of(picture));
  ASSERT_TRUE(make(asked).ok());
  host_.plan = [&] { screen.inlet()->attach(player_->ports().sources[1].media); };
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(screen.wait_frames(30));
  const auto red = luma(screen.frames().back());

  server.kill();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING", 2));
  const auto before = screen.frames().size();
  ASSERT_TRUE(screen.wait_frames(before + 2));
  const auto shown = screen.frames().back();
  server.start();
  ASSERT_TRUE(host_.wait_for("STATE_PLAYING", 2));
  const auto back = screen.frames().size();
  ASSERT_TRUE(screen.wait_frames(back + 20));

  EXPECT_NEAR(luma(shown), 16, 3);  // the border's black
  EXPECT_GT(red, 40);
  EXPECT_NE(screen.caps().find("height=(int)240"), std::string::npos) << screen.caps();
  EXPECT_NEAR(luma(screen.frames().back()), red, 4);
  EXPECT_TRUE(rises(screen.frames()));
}

TEST_F(ReconnectTest, APlaceholderThatIsNoneIsToldAndTheLastFrameShown) {
  const auto text = test::write_file("words.png", "no picture");
  RtspServer server({.launch = camera(kCameraH264, "")});
  auto asked = options(server.uri());
  asked.mutable_reconnect()->set_on_gap(v1::ON_GAP_PLACEHOLDER);
  asked.mutable_reconnect()->set_placeholder_uri("file:///etc/passwd");
  EXPECT_EQ(reason_of(make(asked)), "URI_NOT_ALLOWED");
  asked.mutable_reconnect()->set_placeholder_uri(test::uri_of(text));
  ASSERT_TRUE(make(asked).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(10));

  server.kill();

  ASSERT_TRUE(host_.wait_for("ElementError NOT_MEDIA"));
  ASSERT_TRUE(video_.wait_frames(video_.frames().size() + 2));
}

TEST_F(ReconnectTest, ManyLossesLeaveNothingBehind) {
  const test::hostile::RawServer server(
      [](const test::hostile::RawServer::Connection& peer) { peer.read_request(); });
  auto asked = options("rtsp://" + server.address() + "/cam");
  asked.mutable_reconnect()->mutable_initial()->set_nanos(50'000'000);
  asked.mutable_reconnect()->mutable_most()->set_nanos(50'000'000);
  asked.set_autoplay(true);
  ASSERT_TRUE(make(asked).ok());
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING", 3));
  ASSERT_TRUE(stop().ok());
  ASSERT_TRUE(host_.rest());
  const auto before = test::ProcessLevel::now();

  EXPECT_FALSE(host_
                   .call([&](Done done) {
                     player_->play(std::move(done));
                     player_->stop([](const Status&) {});
                   })
                   .ok());
  EXPECT_TRUE(host_
                  .call([&](Done done) {
                    player_->play([](const Status&) {});
                    done(ok());
                  })
                  .ok());
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING", 25));
  ASSERT_TRUE(stop().ok());

  EXPECT_TRUE(test::came_back_to(before));
}

TEST_F(ReconnectTest, NothingBridgesTheGapWhenNothingIsToDoSo) {
  RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  auto asked = options(server.uri());
  asked.mutable_reconnect()->set_on_gap(v1::ON_GAP_NOTHING);
  ASSERT_TRUE(make(asked).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(30));

  server.kill();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING", 2));
  ASSERT_TRUE(wait_taken());
  const auto before = video_.frames().size();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING", 4));
  ASSERT_TRUE(wait_taken());
  EXPECT_EQ(video_.frames().size(), before);
  server.start();

  ASSERT_TRUE(host_.wait_for("STATE_PLAYING", 2));
  ASSERT_TRUE(video_.wait_frames(before + 30));
  EXPECT_TRUE(video_.frames()[before].key);
  EXPECT_TRUE(rises(video_.frames()));
}

TEST_F(ReconnectTest, PlayWaitsForASourceThatComesLater) {
  RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  server.kill();
  auto asked = options(server.uri());
  asked.set_autoplay(true);
  ASSERT_TRUE(make(asked).ok());
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING", 2));

  server.start();

  EXPECT_TRUE(play().ok());
  EXPECT_TRUE(video_.wait_frames(10));
}

TEST_F(ReconnectTest, TheLastAttemptIsFinalAndEndsTheStreams) {
  RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  auto asked = options(server.uri());
  asked.mutable_reconnect()->set_attempts(2);
  ASSERT_TRUE(make(asked).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(10));

  server.kill();

  ASSERT_TRUE(host_.wait_for("ElementError UNREADABLE"));
  EXPECT_TRUE(host_.wait_for("EndOfStream"));
  EXPECT_TRUE(host_.wait_for("STATE_FAILED"));
  EXPECT_EQ(count("STATE_RECONNECTING"), 2U);
  EXPECT_TRUE(video_.wait_end());
  EXPECT_TRUE(audio_.wait_end());
}

TEST_F(ReconnectTest, StopEndsTheTryingAndTheBridge) {
  RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  ASSERT_TRUE(make(options(server.uri())).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(10));
  server.kill();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING", 2));

  ASSERT_TRUE(stop().ok());

  EXPECT_EQ(position().state, v1::STATE_STOPPED);
  const auto tries = count("STATE_RECONNECTING");
  server.start();
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(video_.frames().size() + 10));
  EXPECT_EQ(count("STATE_RECONNECTING"), tries);
  EXPECT_EQ(count("STATE_CONNECTING"), 2U);
}

TEST_F(ReconnectTest, PausedItStaysSoWhenTheSourceComesBack) {
  RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  ASSERT_TRUE(make(options(server.uri())).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(10));
  server.kill();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING"));
  ASSERT_TRUE(pause().ok());
  server.start();
  ASSERT_TRUE(host_.wait_for("STATE_PAUSED"));
  const auto held = video_.frames().size();

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(video_.wait_frames(held + 10));
  EXPECT_TRUE(rises(video_.frames()));
}

}  // namespace
}  // namespace kms::player
