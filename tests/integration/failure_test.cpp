// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "tests/integration/media_fixture.hpp"
#include "tests/support/web_server.hpp"

namespace kms::test {
namespace {

// What goes wrong with media while it is played or recorded, each told by a real server.

std::string play_failure(MediaServer& kms, const player::v1::PlayerOptions& options) {
  EXPECT_EQ(kms.create("p", options), "OK");
  return kms.play("p");
}

TEST(PlayingFails, WhenNothingInTheFileIsSoundOrPicture) {
  const auto subtitles = write_file("words.srt", "1\n00:00:00,000 --> 00:00:02,000\nWords.\n\n");
  const auto path =
      make_media("words.mkv", "matroskamux name=mux ! filesink location={} filesrc location=" + subtitles +
                                  " ! subparse ! text/x-raw,format=utf8 ! mux.");
  MediaServer kms;

  EXPECT_EQ(play_failure(kms, kms.player(path)), "INVALID_ARGUMENT/NO_TRACKS");
}

TEST(PlayingFails, OfATrackWhoseCodecIsUnknownAndTheOtherPlays) {
  const auto path = make_media(
      "ac3.mkv",
      "matroskamux name=mux ! filesink location={} videotestsrc num-buffers=30 ! vp8enc ! mux. audiotestsrc "
      "num-buffers=90 ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_ac3 ! mux.");
  MediaServer kms;
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.create("p", kms.player(path)), "OK");

  EXPECT_EQ(kms.play("p"), "OK");

  EXPECT_EQ(MediaServer::next_error(events), "CODEC_UNSUPPORTED");
}

TEST(PlayingFails, WhenTheServerOfTheAddressDoesNotAnswer) {
  MediaServer kms("network: { allow: [127.0.0.0/8] }");
  player::v1::PlayerOptions options;
  options.set_uri("http://127.0.0.1:1/clip.webm");

  EXPECT_EQ(play_failure(kms, options), "FAILED_PRECONDITION/UNREADABLE");
}

// A recorder "r" that begins by itself, and what it takes from.
struct Recording : MediaServer {
  std::string create_recorder(const std::string& file, recorder::v1::Tracks tracks) {
    auto options = recorder(file);
    options.set_autostart(true);
    options.set_tracks(tracks);
    return create("r", options);
  }
  std::string record(const std::string& player_id, const player::v1::PlayerOptions& options) {
    EXPECT_EQ(create(player_id, options), "OK");
    EXPECT_EQ(connect(player_id, "r"), "OK");
    return play(player_id);
  }
};

TEST(RecordingFails, WhenTheFileCannotBeMade) {
  write_file("no-folder", "a file");
  Recording kms;
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.create_recorder("no-folder/x.webm", recorder::v1::TRACKS_UNSPECIFIED), "OK");

  ASSERT_EQ(kms.record("p", kms.player(make_clip("clip.webm", 5))), "OK");

  EXPECT_EQ(MediaServer::next_error(events), "WRITE_FAILED");
}

// As if the disk were full: the server may write no file that is longer.
TEST(RecordingFails, WhenThereIsNoRoomForTheFile) {
  std::signal(SIGXFSZ, SIG_IGN);  // the server inherits it; it would end it
  Recording kms;
  const auto pid = kms.running->server.process().pid();
  rlimit files{};
  ASSERT_EQ(prlimit(pid, RLIMIT_FSIZE, nullptr, &files), 0);
  files.rlim_cur = 50'000;
  ASSERT_EQ(prlimit(pid, RLIMIT_FSIZE, &files, nullptr), 0);
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.create_recorder("full.webm", recorder::v1::TRACKS_UNSPECIFIED), "OK");
  auto player = kms.player(make_clip("clip.webm", 5));
  player.set_unpaced(true);

  ASSERT_EQ(kms.record("p", player), "OK");

  EXPECT_EQ(MediaServer::next_error(events), "NO_SPACE");
  EXPECT_GT(packets_of(media_folder() + "/full.webm", 'v').size(), 0U);
}

TEST(RecordingFails, WhenItsFileIsRemoved) {
  Recording kms;
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.create_recorder("removed.webm", recorder::v1::TRACKS_UNSPECIFIED), "OK");
  ASSERT_EQ(kms.record("p", kms.player(make_clip("clip.webm", 5))), "OK");
  recorder::v1::RecordingStarted started;
  ASSERT_TRUE(MediaServer::wait_for(events, started));

  ASSERT_TRUE(std::filesystem::remove(media_folder() + "/removed.webm"));

  EXPECT_EQ(MediaServer::next_error(events), "FILE_REMOVED");
}

}  // namespace
}  // namespace kms::test
