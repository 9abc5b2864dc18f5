// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "elements/player/player.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/taker.hpp"

namespace kms::player {

// Four seconds of it.
inline std::string make_mp3() {
  return test::make_media("four.mp3",
                          "audiotestsrc num-buffers=400 samplesperbuffer=480 ! "
                          "audio/x-raw,rate=48000,channels=2 ! audioconvert ! lamemp3enc target=bitrate "
                          "cbr=true ! id3v2mux ! filesink location={}");
}

using test::Frame;

// Decoding order.
inline bool rises(const std::vector<Frame>& frames) {
  const auto stamp = [](const Frame& f) { return GST_CLOCK_TIME_IS_VALID(f.dts) ? f.dts : f.pts; };
  return std::is_sorted(frames.begin(), frames.end(),
                        [&](const Frame& a, const Frame& b) { return stamp(a) < stamp(b); });
}

// By the clock: none comes before its time, and nine of ten soon after it. Those that a busy machine holds
// up do not count.
inline void expect_paced(const std::vector<Frame>& frames, double soon = 100e6) {
  ASSERT_FALSE(frames.empty());
  std::vector<double> late;
  for (const auto& frame : frames)
    late.push_back(static_cast<double>(frame.came) - static_cast<double>(frame.pts));
  std::sort(late.begin(), late.end());
  EXPECT_GE(late.front(), -soon);
  EXPECT_LE(late[(late.size() - 1) * 9 / 10], soon);
}

// A player and a taker on each of its ports, linked when the player knows its formats, as a planner would.
class PlayerTest : public testing::Test {
 protected:
  explicit PlayerTest(const Config& given = config()) : host_(given) {}
  ~PlayerTest() override {
    if (player_) {
      EXPECT_TRUE(close().ok());
    }
  }

  static Config config() {
    Config config;
    config.files.read = {test::media_folder()};
    config.network.allow = {"127.0.0.1"};
    return config;
  }
  // Of servers that are named "localhost".
  static Config with_names() {
    auto out = config();
    out.network.allow = {"127.0.0.1", "::1"};
    return out;
  }

  Status make(const v1::PlayerOptions& options) {
    host_.plan = [this] { link(); };
    Status status;
    host_.on_loop([&] {
      auto made = PlayerElement::create(host_, options);
      status = made.status();
      if (made.ok()) player_.reset(dynamic_cast<PlayerElement*>(made->release()));
    });
    return status;
  }
  Status make(const std::string& path, bool unpaced = true, bool loop = false) {
    v1::PlayerOptions options;
    options.set_uri(path.find("://") != std::string::npos ? path : test::uri_of(path));
    options.set_unpaced(unpaced);
    options.set_loop(loop);
    return make(options);
  }

  void link() {
    for (const auto& port : player_->ports().sources) {
      const auto inlet = inlet_for(port.name);
      if (inlet && !port.offers.empty() && !inlet->source()) inlet->attach(port.media);
    }
  }
  std::shared_ptr<gst::Inlet> inlet_for(const std::string& port) {
    if (port == "audio") return audio_.inlet();
    if (port == "video") return video_.inlet();
    const auto found = further_.find(port);
    return found == further_.end() ? nullptr : found->second->inlet();
  }

  Status play() {
    return host_.call([this](Done done) { player_->play(std::move(done)); });
  }
  Status stop() {
    return host_.call([this](Done done) { player_->stop(std::move(done)); });
  }
  Status pause() {
    return host_.call([this](Done done) { done(player_->pause()); });
  }
  Status seek(std::chrono::nanoseconds to, bool key = false) {
    return host_.call([&](Done done) { player_->seek({to, key}, std::move(done)); });
  }
  Status close() {
    const auto status = host_.call([this](Done done) { player_->close(std::move(done)); });
    host_.on_loop([this] { player_.reset(); });
    return status;
  }
  PlayerElement::Position position() {
    PlayerElement::Position position;
    host_.on_loop([&] { position = player_->position(); });
    return position;
  }
  std::string offers(size_t port) {
    std::string text;
    host_.on_loop([&] {
      for (const auto& format : player_->ports().sources[port].offers) {
        text += graph::to_text(format, player_->ports().sources[port].kind);
      }
    });
    return text;
  }
  // Waits until the pictures that the player has let go have come to their taker, linked from the beginning.
  bool wait_taken() {
    std::shared_ptr<gst::FanOut> pictures;
    host_.on_loop([&] { pictures = player_->ports().sources[1].media; });
    return test::eventually([&] { return video_.frames().size() == pictures->frames(); });
  }
  // A clip of two seconds at 30 frames a second, to its end.
  void expect_whole(const std::string& uri) {
    ASSERT_TRUE(make(uri).ok());
    const auto status = play();
    ASSERT_TRUE(status.ok()) << message_of(status);
    ASSERT_TRUE(host_.wait_for("EndOfStream"));
    ASSERT_TRUE(video_.wait_end());
    ASSERT_TRUE(audio_.wait_end());
    EXPECT_EQ(video_.frames().size(), 60U);
    EXPECT_TRUE(rises(video_.frames()));
    EXPECT_GT(audio_.frames().size(), 80U);
    EXPECT_EQ(position().state, v1::STATE_ENDED);
  }

  test::FakeHost host_;
  test::Taker audio_{"audio"};
  test::Taker video_{"video"};
  std::map<std::string, std::unique_ptr<test::Taker>> further_;  // by their ports
  std::unique_ptr<PlayerElement> player_;
};

// What a player says of media that cannot be played.
class PlayerRefusals : public PlayerTest {
 protected:
  using PlayerTest::PlayerTest;
  std::string failure_of(const std::string& path) {
    const auto made = make(path);
    if (!made.ok()) return "creation: " + reason_of(made);
    const auto status = play();
    EXPECT_TRUE(host_.wait_for("ElementError " + reason_of(status)));
    EXPECT_EQ(position().state, v1::STATE_FAILED);
    EXPECT_NE(message_of(status).find(path), std::string::npos) << message_of(status);
    return reason_of(status);
  }
};

}  // namespace kms::player
