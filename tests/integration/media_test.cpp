// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>

#include "kms/pass_through/v1/pass_through.pb.h"
#include "tests/integration/media_fixture.hpp"

namespace kms::test {
namespace {

// A player of a clip "p", linked to a recorder "r".
struct Copying : MediaServer {
  void apply(const player::v1::PlayerOptions& player, const recorder::v1::RecorderOptions& recorder) {
    v1::ApplyGraphRequest request;
    request.set_parent("sessions/a");
    auto* from = request.add_elements();
    from->set_element_id("p");
    from->mutable_options()->PackFrom(player);
    auto* to = request.add_elements();
    to->set_element_id("r");
    to->mutable_options()->PackFrom(recorder);
    auto* link = request.add_links();
    link->set_source("p");
    link->set_sink("r");
    v1::ApplyGraphResponse response;
    ASSERT_EQ(client.apply(request, &response), "OK") << client.last.message;
  }
  // From the clip's beginning to its end, as fast as possible.
  recorder::v1::Recording copy(const std::string& clip, const std::string& out,
                               recorder::v1::Tracks tracks = recorder::v1::TRACKS_UNSPECIFIED) {
    auto from = player(clip);
    from.set_unpaced(true);
    auto to = recorder(out);
    to.set_tracks(tracks);
    to.set_autostart(true);
    to.set_stop_on_end_of_stream(true);
    apply(from, to);
    EventReader events(client, "sessions/a");
    EXPECT_EQ(play("p"), "OK") << client.last.message;
    recorder::v1::RecordingFinished finished;
    EXPECT_TRUE(wait_for(events, finished));
    return finished.recording();
  }
};

constexpr unsigned kSeconds = 5;
constexpr int kPictures = 150;

std::string out_of(const std::string& file) { return media_folder() + "/" + file; }

// What comes in and what is written.
using Files = std::array<const char*, 2>;

class Copies : public testing::TestWithParam<Files> {};

TEST_P(Copies, KeepEveryFrame) {
  const auto [from, to] = GetParam();
  const auto clip = make_clip(from, kSeconds);

  const auto recording = Copying().copy(clip, to);

  EXPECT_EQ(recording.video_frames(), static_cast<uint64_t>(kPictures));
  EXPECT_EQ(recording.size_bytes(), std::filesystem::file_size(out_of(to)));
  EXPECT_EQ(hashes_of(out_of(to), 'v'), hashes_of(clip, 'v'));
  EXPECT_EQ(hashes_of(out_of(to), 'a'), hashes_of(clip, 'a'));
  EXPECT_EQ(decoded_frames(out_of(to), 'v'), kPictures);
  EXPECT_GT(decoded_frames(out_of(to), 'a'), 0);
}

INSTANTIATE_TEST_SUITE_P(Containers, Copies,
                         testing::Values(Files{"clip.webm", "out.webm"}, Files{"clip.mp4", "out.mp4"},
                                         Files{"clip.webm", "out.mkv"}, Files{"clip.mp4", "mp4.mkv"}));

// What GStreamer's demuxers read of it is the clip, from its beginning and from a place in it.
class Recorded : public testing::TestWithParam<Files> {};

TEST_P(Recorded, ArePlayedWholeAndSoughtIn) {
  const auto [from, to] = GetParam();
  const auto clip = make_clip(from, kSeconds);
  const auto again = std::string("again-") + to;
  Copying().copy(clip, to);

  Copying().copy(out_of(to), again);

  EXPECT_EQ(hashes_of(out_of(again), 'v'), hashes_of(clip, 'v'));
  EXPECT_EQ(hashes_of(out_of(again), 'a'), hashes_of(clip, 'a'));
  MediaServer kms;
  ASSERT_EQ(kms.create("p", kms.player(out_of(to))), "OK");
  ASSERT_EQ(kms.play("p"), "OK") << kms.client.last.message;
  EXPECT_EQ(kms.seek("p", kSeconds - 2), "OK") << kms.client.last.message;
  player::v1::GetPositionRequest request;
  request.set_name(kms.name_of("p"));
  player::v1::GetPositionResponse where;
  const auto commands = player::v1::PlayerService::NewStub(kms.client.channel);
  ASSERT_EQ(kms.client.call(*commands, &player::v1::PlayerService::Stub::GetPosition, request, &where), "OK");
  EXPECT_NEAR(static_cast<double>(where.duration().seconds()) + where.duration().nanos() * 1e-9, kSeconds,
              0.1);
  EXPECT_GE(where.position().seconds(), kSeconds - 2);
}

INSTANTIATE_TEST_SUITE_P(Containers, Recorded,
                         testing::Values(Files{"clip.webm", "read.webm"}, Files{"clip.mp4", "read.mp4"},
                                         Files{"clip.mp4", "read.mkv"}));

TEST(Recordings, OfSoundAloneKeepAllOfIt) {
  const auto clip = make_clip("clip.mp4", kSeconds);

  const auto recording = Copying().copy(clip, "sound.mp4", recorder::v1::TRACKS_AUDIO_ONLY);

  EXPECT_EQ(recording.video_frames(), 0U);
  EXPECT_EQ(hashes_of(out_of("sound.mp4"), 'a'), hashes_of(clip, 'a'));
  EXPECT_EQ(codec_of(out_of("sound.mp4"), 'v'), "");
}

TEST(Recordings, OfPicturesAloneKeepAllOfThem) {
  const auto clip = make_clip("clip.webm", kSeconds);

  const auto recording = Copying().copy(clip, "pictures.webm", recorder::v1::TRACKS_VIDEO_ONLY);

  EXPECT_EQ(recording.audio_frames(), 0U);
  EXPECT_EQ(hashes_of(out_of("pictures.webm"), 'v'), hashes_of(clip, 'v'));
  EXPECT_EQ(codec_of(out_of("pictures.webm"), 'a'), "");
}

// A clip with sound alone: nothing comes for the recorder's other track, and it need not be told.
TEST(Recordings, OfAClipWithoutPicturesAreEncodedAndWhole) {
  const auto clip = make_clip("clip.wav", kSeconds);

  const auto recording = Copying().copy(clip, "wav.webm");

  EXPECT_EQ(recording.video_frames(), 0U);
  EXPECT_EQ(codec_of(out_of("wav.webm"), 'a'), "opus");
  EXPECT_NEAR(duration_of(out_of("wav.webm")), kSeconds, 0.1);
}

// A port that hands media on counts nothing itself: it shows what comes of the true source.
TEST(Recordings, ThroughAFixedPointAreSeenOnBothSidesOfIt) {
  MediaServer kms;
  auto from = kms.player(make_clip("clip.webm", kSeconds));
  from.set_autoplay(true);
  from.set_loop(true);
  ASSERT_EQ(kms.create("p", from), "OK");
  ASSERT_EQ(kms.create("x", pass_through::v1::PassThroughOptions()), "OK");
  auto to = kms.recorder("through.webm");
  to.set_autostart(true);
  ASSERT_EQ(kms.create("r", to), "OK");
  ASSERT_EQ(kms.connect("p", "x"), "OK");
  ASSERT_EQ(kms.connect("x", "r"), "OK");

  v1::GetStatsRequest request;
  request.set_name("sessions/a");
  v1::GetStatsResponse stats;
  const auto all = [&](const auto& links, const auto& holds) {
    return links.size() == 4 && std::all_of(links.begin(), links.end(), holds);
  };
  const auto look = [&] {
    return kms.client.call(*kms.client.graph, &v1::GraphService::Stub::GetStats, request, &stats);
  };
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(look(), "OK");
    return all(stats.links(), [](const auto& each) { return each.frames() > 10 && each.bitrate_bps() > 0; });
  })) << stats.DebugString();
  for (const auto& each : stats.links()) {
    const auto& link = each.link();
    EXPECT_EQ(link.way(), link.sink() == kms.name_of("x") ? "pass through" : "copy");
    EXPECT_EQ(link.format().codec(), link.kind() == v1::MEDIA_KIND_AUDIO ? "OPUS" : "VP8");
  }
  v1::GetElementRequest asked;
  asked.set_name(kms.name_of("x"));
  v1::GetElementResponse got;
  EXPECT_TRUE(eventually([&] {
    EXPECT_EQ(kms.client.call(*kms.client.elements, &v1::ElementService::Stub::GetElement, asked, &got),
              "OK");
    return all(got.element().ports(), [](const auto& port) { return port.flowing(); });
  })) << got.DebugString();

  ASSERT_EQ(kms.remove("p"), "OK");
  ASSERT_EQ(look(), "OK");
  ASSERT_EQ(stats.links_size(), 2);
  for (const auto& each : stats.links()) EXPECT_EQ(each.link().way(), "waiting for media");
  const auto& elements = stats.elements();
  const auto fixed = std::find_if(elements.begin(), elements.end(),
                                  [&](const auto& element) { return element.name() == kms.name_of("x"); });
  ASSERT_NE(fixed, elements.end()) << stats.DebugString();
  EXPECT_TRUE(all(fixed->ports(), [](const auto& port) { return port.frames() == 0; }));
}

TEST(Recordings, ACommandForAnotherKindIsRefused) {
  Copying kms;
  kms.apply(kms.player(make_clip("clip.webm", kSeconds)), kms.recorder("out.webm"));
  recorder::v1::RecordRequest record;
  record.set_name("sessions/a/elements/p");
  recorder::v1::RecordResponse recorded;
  const auto commands = recorder::v1::RecorderService::NewStub(kms.client.channel);
  EXPECT_EQ(kms.client.call(*commands, &recorder::v1::RecorderService::Stub::Record, record, &recorded),
            "INVALID_ARGUMENT/WRONG_KIND");
}

TEST(Recordings, AreFinishedBeforeTheServerLeaves) {
  Copying kms;
  auto player = kms.player(make_clip("clip.webm", kSeconds));
  player.set_loop(true);
  player.set_autoplay(true);
  auto recorder = kms.recorder("out.webm");
  recorder.set_autostart(true);
  EventReader events(kms.client, "sessions/a");
  kms.apply(player, recorder);
  recorder::v1::RecordingStarted started;
  ASSERT_TRUE(MediaServer::wait_for(events, started));

  kms.running->server.process().signal(SIGTERM);

  recorder::v1::RecordingFinished finished;
  EXPECT_TRUE(MediaServer::wait_for(events, finished));
  EXPECT_EQ(kms.running->server.process().wait(std::chrono::seconds(20)), 0);
  EXPECT_GT(decoded_frames(out_of("out.webm"), 'v'), 0);
  EXPECT_GT(decoded_frames(out_of("out.webm"), 'a'), 0);
}

}  // namespace
}  // namespace kms::test
