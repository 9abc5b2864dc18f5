// SPDX-License-Identifier: Apache-2.0
#include "elements/player/player.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/support/element_host.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/taker.hpp"

namespace kms::player {
namespace {

using test::Frame;

// A player and a taker on each of its ports, linked when the player knows its formats, as a planner would.
class PlayerTest : public testing::Test {
 protected:
  ~PlayerTest() override {
    if (player_) {
      EXPECT_TRUE(close().ok());
    }
  }

  static Config config() {
    Config config;
    config.files.read = {test::media_folder()};
    return config;
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
    options.set_uri(test::uri_of(path));
    options.set_unpaced(unpaced);
    options.set_loop(loop);
    return make(options);
  }

  void link() {
    for (const auto& port : player_->ports().sources) {
      auto& taker = port.name == "audio" ? audio_ : video_;
      if (!port.offers.empty() && !taker.inlet()->source()) taker.inlet()->attach(port.media);
    }
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

  test::FakeHost host_{config()};
  test::Taker audio_{"audio"};
  test::Taker video_{"video"};
  std::unique_ptr<PlayerElement> player_;
};

// Decoding order.
bool rises(const std::vector<Frame>& frames) {
  const auto stamp = [](const Frame& f) { return GST_CLOCK_TIME_IS_VALID(f.dts) ? f.dts : f.pts; };
  return std::is_sorted(frames.begin(), frames.end(),
                        [&](const Frame& a, const Frame& b) { return stamp(a) < stamp(b); });
}

class PlayerFormats : public PlayerTest, public testing::WithParamInterface<std::array<std::string, 3>> {};

TEST_P(PlayerFormats, HandsOnEveryFrameInOrderAndThenTheEnd) {
  const auto& [name, video, audio] = GetParam();
  ASSERT_TRUE(make(test::make_clip(name, 2)).ok());

  ASSERT_TRUE(play().ok());

  EXPECT_TRUE(host_.wait_for("EndOfStream"));
  EXPECT_EQ(offers(0), audio);
  EXPECT_EQ(offers(1), video);
  ASSERT_TRUE(audio_.wait_end());
  EXPECT_TRUE(rises(audio_.frames()));
  if (video.empty()) return;
  ASSERT_TRUE(video_.wait_end());
  EXPECT_EQ(video_.frames().size(), 60U);
  EXPECT_TRUE(rises(video_.frames()));
  EXPECT_TRUE(video_.frames().front().key);
}

INSTANTIATE_TEST_SUITE_P(Containers, PlayerFormats,
                         testing::Values(std::array<std::string, 3>{"clip.webm", "VP8", "OPUS"},
                                         std::array<std::string, 3>{"clip.mkv", "VP8", "OPUS"},
                                         std::array<std::string, 3>{"clip.mp4", "H264", "AAC"},
                                         std::array<std::string, 3>{"clip.ts", "H264", "AAC"},
                                         std::array<std::string, 3>{"clip.ogg", "THEORA", "VORBIS"},
                                         std::array<std::string, 3>{"clip.wav", "", "raw audio"}),
                         [](const auto& test) { return test.param[0].substr(5); });

}  // namespace
}  // namespace kms::player
