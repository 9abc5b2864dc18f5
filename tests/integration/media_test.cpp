// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "kms/player/v1/player.grpc.pb.h"
#include "kms/recorder/v1/recorder.grpc.pb.h"
#include "tests/integration/fixture.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/media_probe.hpp"

namespace kms::test {
namespace {

using player::v1::PlayerService;
using recorder::v1::RecorderService;

// A player of a clip "p", linked to a recorder "r", in session "a" of a real server.
class MediaTest : public testing::Test {
 protected:
  MediaTest() : kms_("files: { read: [" + media_folder() + "], write: [" + media_folder() + "] }") {
    EXPECT_EQ(client_.create_session("a"), "OK");
  }
  void apply(const player::v1::PlayerOptions& player, recorder::v1::RecorderOptions recorder) {
    v1::ApplyGraphRequest request;
    request.set_parent("sessions/a");
    auto* from = request.add_elements();
    from->set_element_id("p");
    from->mutable_options()->PackFrom(player);
    auto* to = request.add_elements();
    to->set_element_id("r");
    recorder.set_overwrite(true);
    to->mutable_options()->PackFrom(recorder);
    auto* link = request.add_links();
    link->set_source("p");
    link->set_sink("r");
    v1::ApplyGraphResponse response;
    ASSERT_EQ(client_.apply(request, &response), "OK") << client_.last.message;
  }
  // Reads events until one of the type comes.
  template <typename Wanted>
  static bool wait_for(EventReader& reader, Wanted& wanted) {
    v1::Event event;
    while (reader.next(event)) {
      if (event.element_event().UnpackTo(&wanted)) return true;
    }
    return false;
  }

  const std::string clip_ = make_clip("clip.webm", 5);
  const std::string out_ = media_folder() + "/out.webm";
  Running kms_;
  RpcClient& client_ = kms_.client;
};

TEST_F(MediaTest, AClipIsRecordedFrameByFrame) {
  player::v1::PlayerOptions player;
  player.set_uri(uri_of(clip_));
  player.set_unpaced(true);
  recorder::v1::RecorderOptions recorder;
  recorder.set_uri(uri_of(out_));
  recorder.set_autostart(true);
  recorder.set_stop_on_end_of_stream(true);
  apply(player, recorder);
  EventReader events(client_, "sessions/a");

  player::v1::PlayRequest play;
  play.set_name("sessions/a/elements/p");
  player::v1::PlayResponse played;
  const auto commands = PlayerService::NewStub(client_.channel);
  ASSERT_EQ(client_.call(*commands, &PlayerService::Stub::Play, play, &played), "OK") << client_.last.message;
  recorder::v1::RecordingFinished finished;
  ASSERT_TRUE(wait_for(events, finished));

  EXPECT_EQ(finished.recording().video_frames(), 150U);
  EXPECT_EQ(hashes_of(out_, 'v'), hashes_of(clip_, 'v'));
  EXPECT_EQ(decoded_frames(out_, 'v'), 150);
}

TEST_F(MediaTest, ACommandForAnotherKindIsRefused) {
  player::v1::PlayerOptions player;
  player.set_uri(uri_of(clip_));
  recorder::v1::RecorderOptions recorder;
  recorder.set_uri(uri_of(out_));
  apply(player, recorder);
  recorder::v1::RecordRequest record;
  record.set_name("sessions/a/elements/p");
  recorder::v1::RecordResponse recorded;
  const auto commands = RecorderService::NewStub(client_.channel);
  EXPECT_EQ(client_.call(*commands, &RecorderService::Stub::Record, record, &recorded),
            "INVALID_ARGUMENT/WRONG_KIND");
}

TEST_F(MediaTest, RecordingsAreFinishedBeforeTheServerLeaves) {
  player::v1::PlayerOptions player;
  player.set_uri(uri_of(clip_));
  player.set_loop(true);
  player.set_autoplay(true);
  recorder::v1::RecorderOptions recorder;
  recorder.set_uri(uri_of(out_));
  recorder.set_autostart(true);
  EventReader events(client_, "sessions/a");
  apply(player, recorder);
  recorder::v1::RecordingStarted started;
  ASSERT_TRUE(wait_for(events, started));

  kms_.server.process().signal(SIGTERM);

  recorder::v1::RecordingFinished finished;
  EXPECT_TRUE(wait_for(events, finished));
  EXPECT_EQ(kms_.server.process().wait(std::chrono::seconds(20)), 0);
  EXPECT_GT(decoded_frames(out_, 'v'), 0);
  EXPECT_GT(decoded_frames(out_, 'a'), 0);
}

TEST_F(MediaTest, AFileOutsideTheAllowedFoldersIsRefused) {
  v1::CreateElementRequest request;
  request.set_parent("sessions/a");
  player::v1::PlayerOptions player;
  player.set_uri("file:///etc/passwd");
  request.mutable_element()->mutable_options()->PackFrom(player);
  EXPECT_EQ(client_.create_element(request), "PERMISSION_DENIED/URI_NOT_ALLOWED");
}

}  // namespace
}  // namespace kms::test
