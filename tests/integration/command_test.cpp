// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <future>

#include "tests/integration/media_fixture.hpp"
#include "tests/support/web_server.hpp"

namespace kms::test {
namespace {

using player::v1::PlayerService;
using recorder::v1::RecorderService;

// May fetch from this machine, too.
struct Fetching : MediaServer {
  Fetching() : MediaServer("network: { allow: [127.0.0.0/8] }") {}
  std::string create_player(const std::string& uri) {
    player::v1::PlayerOptions options;
    options.set_uri(uri);
    return create("p", options);
  }
};

TEST(PlayerCommands, SayWhatCannotBeDoneNow) {
  MediaServer kms;
  ASSERT_EQ(kms.create("p", kms.player(make_clip("clip.webm", 5))), "OK");
  EXPECT_EQ(kms.command<PlayerService>("p", &PlayerService::Stub::Pause), "FAILED_PRECONDITION/NOT_STARTED");
  EXPECT_EQ(kms.seek("p", 1), "FAILED_PRECONDITION/NOT_STARTED");

  ASSERT_EQ(kms.play("p"), "OK");

  EXPECT_EQ(kms.seek("p", 6), "OUT_OF_RANGE/POSITION");
  EXPECT_EQ(kms.seek("p", -1), "OUT_OF_RANGE/POSITION");
  EXPECT_EQ(kms.seek("p", 1), "OK");
}

TEST(PlayerCommands, MediaThatComesWithoutRangesCannotBeSoughtIn) {
  make_clip("clip.webm", 5);
  const WebServer web;
  Fetching kms;
  ASSERT_EQ(kms.create_player(web.uri("/whole/clip.webm")), "OK");
  ASSERT_EQ(kms.play("p"), "OK");

  EXPECT_EQ(kms.seek("p", 1), "FAILED_PRECONDITION/NOT_SEEKABLE");
}

// The index, without which nothing can be played, is in the half that does not come.
TEST(PlayerCommands, APlayThatIsStoppedBeforeMediaRanIsAnswered) {
  make_clip("clip.mp4", 5);
  const WebServer web;
  Fetching kms;
  ASSERT_EQ(kms.create_player(web.uri("/stall/clip.mp4")), "OK");
  auto playing = std::async(std::launch::async, [&kms] {
    return kms.command_aside<PlayerService>("p", &PlayerService::Stub::Play);
  });
  ASSERT_TRUE(eventually([&] { return web.requests() > 0; }));

  EXPECT_EQ(kms.command<PlayerService>("p", &PlayerService::Stub::Stop), "OK");

  EXPECT_EQ(playing.get(), "ABORTED/STOPPED");
}

TEST(RecorderCommands, SayWhatCannotBeDoneNow) {
  MediaServer kms;
  ASSERT_EQ(kms.create("r", kms.recorder("never.webm")), "OK");
  const auto record = [&] { return kms.command<RecorderService>("r", &RecorderService::Stub::Record); };
  const auto stop = [&] { return kms.command<RecorderService>("r", &RecorderService::Stub::Stop); };

  EXPECT_EQ(stop(), "FAILED_PRECONDITION/NOT_RECORDING");
  EXPECT_EQ(record(), "OK");
  EXPECT_EQ(record(), "FAILED_PRECONDITION/ALREADY_RECORDED");
  EXPECT_EQ(stop(), "DATA_LOSS/NOTHING_RECORDED");

  EXPECT_FALSE(std::filesystem::exists(media_folder() + "/never.webm"));
}

}  // namespace
}  // namespace kms::test
