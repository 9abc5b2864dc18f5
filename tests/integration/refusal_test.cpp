// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "kms/face_detection/v1/face_detection.pb.h"
#include "tests/integration/file_lease.hpp"
#include "tests/integration/media_fixture.hpp"

namespace kms::test {
namespace {

namespace fs = std::filesystem;

// What a server that is started meanwhile finds as GStreamer: the plugins named, and no others.
class OnlyPlugins {
 public:
  OnlyPlugins(const std::string& folder, const std::vector<std::string>& names) {
    fs::create_directories(folder);
    for (const auto& name : names) {
      const auto file = "libgst" + name + ".so";
      if (!fs::exists(fs::path(folder) / file))
        fs::create_symlink(fs::path(KMS_GST_PLUGINS) / file, fs::path(folder) / file);
    }
    setenv("GST_PLUGIN_SYSTEM_PATH_1_0", folder.c_str(), 1);
    setenv("GST_REGISTRY_1_0", (folder + "/registry").c_str(), 1);
  }
  OnlyPlugins(const OnlyPlugins&) = delete;
  OnlyPlugins& operator=(const OnlyPlugins&) = delete;
  ~OnlyPlugins() {
    unsetenv("GST_PLUGIN_SYSTEM_PATH_1_0");
    unsetenv("GST_REGISTRY_1_0");
  }
};

// Neither parsers nor VP8 decoding are installed.
struct BareServer : MediaServer {
  static std::unique_ptr<Running> start() {
    const OnlyPlugins only(media_folder() + "/plugins", {"coreelements", "playback", "typefindfunctions",
                                                         "app", "matroska", "opus", "videoconvertscale"});
    return std::make_unique<Running>(config());
  }
  BareServer() : MediaServer(start()) {}
};

TEST(Refusals, APluginThatIsNotInstalledIsNamed) {
  BareServer kms;

  EXPECT_EQ(kms.create("r", kms.recorder("out.webm")), "UNIMPLEMENTED/PLUGIN_MISSING");

  EXPECT_EQ(kms.client.last.metadata["plugin"], "h264parse");
  v1::ListElementKindsResponse kinds;
  ASSERT_EQ(kms.client.call(*kms.client.elements, &v1::ElementService::Stub::ListElementKinds, {}, &kinds),
            "OK");
  for (const auto& kind : kinds.kinds()) {
    if (kind.title() == "PlayerEndpoint") {
      EXPECT_TRUE(kind.available());
    }
    if (kind.title() == "RecorderEndpoint") {
      EXPECT_FALSE(kind.available());
      EXPECT_NE(kind.unavailable_reason().find("h264parse"), std::string::npos);
    }
  }
}

TEST(Refusals, WhatNothingConvertsCannotBeLinked) {
  BareServer kms;
  ASSERT_EQ(kms.create("p", kms.player(make_clip("clip.webm", 5))), "OK");
  ASSERT_EQ(kms.create("f", face_detection::v1::FaceDetectionOptions()), "OK");
  ASSERT_EQ(kms.play("p"), "OK");

  EXPECT_EQ(kms.client.connect("sessions/a", "p", "f"), "FAILED_PRECONDITION/NO_COMMON_FORMAT");
}

// A player and a filter of raw media, in a session that refuses to transcode.
struct NoTranscoding : MediaServer {
  NoTranscoding() {
    v1::CreateSessionRequest request;
    request.set_session_id("b");
    request.set_refuse_transcoding(true);
    EXPECT_EQ(client.create_session(request), "OK");
    session = "sessions/b";
    EXPECT_EQ(create("p", player(make_clip("clip.webm", 5))), "OK");
    EXPECT_EQ(create("f", face_detection::v1::FaceDetectionOptions()), "OK");
  }
};

TEST(Refusals, ASessionThatWantsNoTranscodingGetsNone) {
  NoTranscoding kms;
  ASSERT_EQ(kms.create("r", kms.recorder("copy.webm")), "OK");
  ASSERT_EQ(kms.play("p"), "OK");

  EXPECT_EQ(kms.client.connect(kms.session, "p", "f"), "FAILED_PRECONDITION/TRANSCODING_REFUSED");

  EXPECT_EQ(kms.client.connect(kms.session, "p", "r"), "OK");
}

// The link stands before the player knows what it has.
TEST(Refusals, TranscodingThatTurnsOutToBeNeededIsAnElementError) {
  NoTranscoding kms;
  ASSERT_EQ(kms.client.connect(kms.session, "p", "f"), "OK");
  EventReader events(kms.client, kms.session);

  ASSERT_EQ(kms.play("p"), "OK");

  EXPECT_EQ(MediaServer::next_error(events), "TRANSCODING_REFUSED");
}

// A worker that waits for a file holds up the drain for as long as it takes to ask.
TEST(Refusals, AServerThatDrainsOpensNoSessionAndFinishesWhatItRecords) {
  MediaServer kms;
  const auto model = write_file("model.xml", "a model");
  auto player = kms.player(make_clip("clip.webm", 5));
  player.set_loop(true);
  auto recorder = kms.recorder("drained.webm");
  recorder.set_autostart(true);
  face_detection::v1::FaceDetectionOptions faces;
  faces.set_model_path(model);
  ASSERT_EQ(kms.create("p", player), "OK");
  ASSERT_EQ(kms.create("r", recorder), "OK");
  ASSERT_EQ(kms.create("f", faces), "OK");
  FileLease lease(model);
  ASSERT_TRUE(lease.held());
  ASSERT_EQ(kms.client.connect("sessions/a", "p", "r"), "OK");
  ASSERT_EQ(kms.client.connect("sessions/a", "p", "f"), "OK");
  EventReader events(kms.client, "sessions/a");
  ASSERT_EQ(kms.play("p"), "OK");
  recorder::v1::RecordingStarted started;
  ASSERT_TRUE(MediaServer::wait_for(events, started));
  ASSERT_TRUE(eventually([&] { return lease.somebody_waits(); }));

  kms.running->server.process().signal(SIGTERM);

  EXPECT_TRUE(eventually([&] { return kms.client.create_session("") == "UNAVAILABLE/DRAINING"; }));
  lease.release();
  recorder::v1::RecordingFinished finished;
  EXPECT_TRUE(MediaServer::wait_for(events, finished));
  EXPECT_EQ(kms.running->server.process().wait(std::chrono::seconds(20)), 0);
  EXPECT_GT(decoded_frames(media_folder() + "/drained.webm", 'v'), 0);
}

TEST(Refusals, AnOptionOutOfRangeIsNamed) {
  MediaServer kms;
  auto recorder = kms.recorder("out.webm");
  recorder.mutable_track_wait()->set_seconds(61);
  EXPECT_EQ(kms.create("r", recorder), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(kms.client.last.metadata["field"], "track_wait");
  recorder = kms.recorder("clip-that-is-there.webm");
  write_file("clip-that-is-there.webm", "x");
  recorder.set_overwrite(false);
  EXPECT_EQ(kms.create("r", recorder), "ALREADY_EXISTS/FILE_EXISTS");
}

TEST(Refusals, WhatLiesOutsideIsNotPlayed) {
  MediaServer kms;
  for (const auto* uri : {"file:///etc/passwd", "http://127.0.0.1:1/clip.webm", "http://169.254.169.254/",
                          "http://10.0.0.1/clip.mp4", "rtsp://10.0.0.1/", "ftp://10.0.0.1/"}) {
    player::v1::PlayerOptions options;
    options.set_uri(uri);
    EXPECT_NE(kms.create("p", options), "OK") << uri;
    EXPECT_EQ(kms.client.last.reason,
              std::string(uri).starts_with("ftp") ? "INVALID_OPTIONS" : "URI_NOT_ALLOWED")
        << uri;
  }
}

// One server meets them all, and plays a good clip afterwards.
TEST(Refusals, FilesThatAreNoMediaAreToldFromEachOther) {
  MediaServer kms;
  const std::string playlist = "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n";
  const std::vector<std::pair<std::string, std::string>> files{
      {media_folder() + "/none.webm", "NOT_FOUND/NOT_FOUND"},
      {write_file("empty.mp4", ""), "INVALID_ARGUMENT/NOT_MEDIA"},
      {write_file("text.mp4", "These are words.\n"), "INVALID_ARGUMENT/NOT_MEDIA"},
      {write_file("list.webm", playlist), "PERMISSION_DENIED/PLAYLIST_NOT_ALLOWED"},
      {cut_file(make_clip("whole.mp4", 2), "cut.mp4", 0.5), "DATA_LOSS/TRUNCATED"}};
  EventReader events(kms.client, "sessions/a");
  for (const auto& [path, outcome] : files) {
    ASSERT_EQ(kms.create("p", kms.player(path)), "OK") << path;

    EXPECT_EQ(kms.play("p"), outcome) << path;

    EXPECT_EQ(MediaServer::next_error(events), kms.client.last.reason) << path;
    ASSERT_EQ(kms.client.delete_element("sessions/a/elements/p"), "OK");
  }
  ASSERT_EQ(kms.create("p", kms.player(make_clip("clip.webm", 5))), "OK");
  EXPECT_EQ(kms.play("p"), "OK");
}

}  // namespace
}  // namespace kms::test
