// SPDX-License-Identifier: Apache-2.0
// What a player of a real server says of media that asks for too much, and of commands that cannot be.
#include <algorithm>

#include "tests/integration/media_fixture.hpp"
#include "tests/support/hostile/hostile_media.hpp"

namespace kms::test {
namespace {

using player::v1::PlayerService;

struct Hostile : testing::Test {
  MediaServer kms{"player: { longest_gap: 500ms }\n"};

  // The first error of a player of the file, of which there is one each.
  std::string error_of(const std::string& file) {
    const auto all = hostile::matroska_files();
    const auto content = std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.name == file; });
    const auto name = file.substr(0, file.find('.'));
    EXPECT_EQ(kms.create(name, MediaServer::player(write_file(file, content->content))), "OK");
    const auto played = kms.play(name);
    EventReader events(kms.client, kms.session);
    std::string reason;
    EXPECT_TRUE(MediaServer::wait_for(events, [&](const v1::Event& event) {
      reason = event.element_error().reason();
      return event.has_element_error() && event.source() == kms.name_of(name);
    }));
    EXPECT_TRUE(played == "OK" || played.ends_with("/" + reason)) << played;
    EXPECT_EQ(kms.remove(name), "OK");
    return reason;
  }
};

TEST_F(Hostile, FilesThatAskForTooMuch) {
  EXPECT_EQ(error_of("thousands-of-tracks.mkv"), "TOO_MANY_TRACKS");
  EXPECT_EQ(error_of("giant-by-its-head.mkv"), "PICTURE_TOO_LARGE");
  EXPECT_EQ(error_of("far-apart.mkv"), "TIME_GAP");
}

TEST_F(Hostile, ATrackThatIsNotThere) {
  EventReader events(kms.client, kms.session);
  auto options = MediaServer::player(make_clip("clip.webm", 2));
  options.set_video_track(2);
  ASSERT_EQ(kms.create("p", options), "OK");
  ASSERT_EQ(kms.play("p"), "OK");
  EXPECT_EQ(MediaServer::next_error(events), "TRACK_NOT_FOUND");
}

TEST_F(Hostile, FurtherTracksThatAreNotThereOrCannotBe) {
  EventReader events(kms.client, kms.session);
  auto options = MediaServer::player(make_clip("clip.webm", 2));
  auto& further = *options.add_further_tracks();
  further.set_kind(player::v1::Track::AUDIO);
  further.set_number(1);
  EXPECT_EQ(kms.create("p", options), "INVALID_ARGUMENT/INVALID_OPTIONS");
  further.set_number(2);
  further.set_port_id("video");
  EXPECT_EQ(kms.create("p", options), "ALREADY_EXISTS/PORT_EXISTS");
  further.set_port_id("Commentary!");
  EXPECT_EQ(kms.create("p", options), "INVALID_ARGUMENT/INVALID_ID");

  further.set_port_id("commentary");
  ASSERT_EQ(kms.create("p", options), "OK");
  ASSERT_EQ(kms.play("p"), "OK");
  EXPECT_EQ(MediaServer::next_error(events), "TRACK_NOT_FOUND");
}

TEST_F(Hostile, CommandsThatCannotBe) {
  ASSERT_EQ(kms.create("p", MediaServer::player(make_clip("clip.webm", 2))), "OK");
  player::v1::SetSpeedRequest fast;
  fast.set_speed(2.5);
  EXPECT_EQ(kms.command<PlayerService>("p", &PlayerService::Stub::SetSpeed, fast), "INVALID_ARGUMENT/SPEED");
  player::v1::SetVolumeRequest loud;
  loud.set_volume(11);
  EXPECT_EQ(kms.command<PlayerService>("p", &PlayerService::Stub::SetVolume, loud),
            "INVALID_ARGUMENT/VOLUME");
  loud.set_volume(1);
  EXPECT_EQ(kms.command<PlayerService>("p", &PlayerService::Stub::SetVolume, loud),
            "FAILED_PRECONDITION/SOUND_NOT_DECODED");
}

TEST_F(Hostile, SaysWhatAFileIs) {
  ASSERT_EQ(kms.create("p", MediaServer::player(make_clip("two-seconds.webm", 2))), "OK");
  player::v1::GetMediaInfoRequest request;
  request.set_name(kms.name_of("p"));
  player::v1::GetMediaInfoResponse info;
  const auto stub = PlayerService::NewStub(kms.client.channel);
  ASSERT_EQ(kms.client.call(*stub, &PlayerService::Stub::GetMediaInfo, request, &info), "OK");
  ASSERT_EQ(info.tracks_size(), 2);
  for (const auto& track : info.tracks()) {
    EXPECT_EQ(track.port(), track.kind() == player::v1::Track::AUDIO ? "audio" : "video");
  }
  EXPECT_EQ(info.duration().seconds(), 2);
  EXPECT_TRUE(info.seekable());
}

}  // namespace
}  // namespace kms::test
