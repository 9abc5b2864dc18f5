// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/media_peer.hpp"

namespace kms::test {
namespace {

constexpr size_t kSomePictures = 45;

std::string recorded_at(const std::string& file) { return media_folder() + "/" + file; }

// A peer at the endpoint "w" that sees itself, and a recorder "r" beside it.
class PeerRecording : public testing::Test {
 protected:
  void SetUp() override {
    for (auto& line : peer_.lines()) line.direction = "sendrecv";
    ASSERT_EQ(kms_.client.connect(kms_.session, "w", "w"), "OK") << kms_.client.last.message;
    ASSERT_TRUE(kms_.join(peer_));
    ASSERT_TRUE(media_.work_until([&] { return media_.pictures().size() > 5; }));
  }
  void record(recorder::v1::RecorderOptions options) {
    options.set_autostart(true);
    options.set_stop_on_end_of_stream(true);
    ASSERT_EQ(kms_.create("r", options), "OK") << kms_.client.last.message;
    ASSERT_EQ(kms_.client.connect(kms_.session, "w", "r"), "OK") << kms_.client.last.message;
    ASSERT_TRUE(media_.work_until([&] { return recorded_pictures() > 0; })) << "from the next key frame on";
  }
  uint64_t recorded_pictures() {
    recorder::v1::GetRecordingRequest request;
    request.set_name(kms_.session + "/elements/r");
    recorder::v1::GetRecordingResponse response;
    const auto commands = recorder::v1::RecorderService::NewStub(kms_.client.channel);
    kms_.client.call(*commands, &recorder::v1::RecorderService::Stub::GetRecording, request, &response);
    return response.recording().video_frames();
  }
  bool see_more() {
    const auto before = media_.pictures().size();
    return media_.work_until([&] { return media_.pictures().size() > before + kSomePictures; });
  }
  recorder::v1::Recording stop() {
    recorder::v1::StopRequest request;
    request.set_name(kms_.session + "/elements/r");
    recorder::v1::StopResponse response;
    const auto commands = recorder::v1::RecorderService::NewStub(kms_.client.channel);
    EXPECT_EQ(kms_.client.call(*commands, &recorder::v1::RecorderService::Stub::Stop, request, &response),
              "OK")
        << kms_.client.last.message;
    return response.recording();
  }
  v1::ElementStats stats_of_peer() {
    v1::GetStatsRequest request;
    request.set_name(kms_.session + "/elements/w");
    v1::GetStatsResponse response;
    EXPECT_EQ(kms_.client.call(*kms_.client.graph, &v1::GraphService::Stub::GetStats, request, &response),
              "OK");
    return response.elements(0);
  }

  WithEndpoint kms_;
  rtc::test::TestPeer peer_{{.publishes = true}};
  MediaPeer media_{peer_, "ff0000"};
};

TEST_F(PeerRecording, CopiesWhatThePeerSends) {
  record(kms_.recorder("peer.webm"));
  EXPECT_TRUE(see_more());

  const auto recording = stop();

  EXPECT_GE(recording.video_frames(), kSomePictures / 2);
  EXPECT_EQ(codec_of(recorded_at("peer.webm"), 'v'), "vp8");
  EXPECT_EQ(codec_of(recorded_at("peer.webm"), 'a'), "opus");
  EXPECT_EQ(decoded_frames(recorded_at("peer.webm"), 'v'), static_cast<int>(recording.video_frames()));
  EXPECT_GT(decoded_frames(recorded_at("peer.webm"), 'a'), 0);
  EXPECT_EQ(stats_of_peer().frames_decoded(), 0U);
  EXPECT_EQ(stats_of_peer().frames_encoded(), 0U);
}

// The bridge of each track is there once, and a recorder more is a thread per track more.
TEST_F(PeerRecording, OfSeveralRecordersSharesTheWayOutOfTheRtpPlane) {
  constexpr int kRecorders = 4;
  const auto threads = [this](const char* name) {
    const auto all = ProcessLevel::of(kms_.running->server.process().pid()).threads;
    return std::ranges::count_if(all, [name](const auto& thread) { return thread.second == name; });
  };
  record(kms_.recorder("shared.webm"));
  EXPECT_TRUE(see_more());
  for (int i = 1; i < kRecorders; ++i) {
    auto options = kms_.recorder(fmt::format("shared-{}.webm", i));
    options.set_autostart(true);
    ASSERT_EQ(kms_.create(fmt::format("r{}", i), options), "OK") << kms_.client.last.message;
    ASSERT_EQ(kms_.client.connect(kms_.session, "w", fmt::format("r{}", i)), "OK");
  }
  EXPECT_TRUE(see_more());

  v1::GetGraphRequest request;
  request.set_name(kms_.session);
  v1::GetGraphResponse graph;
  ASSERT_EQ(kms_.client.call(*kms_.client.graph, &v1::GraphService::Stub::GetGraph, request, &graph), "OK");
  EXPECT_EQ(graph.transcoders_size(), 0);
  ASSERT_EQ(graph.bridges_size(), 2);
  for (const auto& bridge : graph.bridges()) EXPECT_EQ(bridge.takers(), static_cast<uint32_t>(kRecorders));
  // A thread that has just begun has the name of who made it.
  EXPECT_TRUE(eventually([&] { return threads("push-source") == 2 && threads("inlet") == 2 * kRecorders; }))
      << threads("push-source") << " and " << threads("inlet");
  const auto recording = stop();
  EXPECT_EQ(decoded_frames(recorded_at("shared.webm"), 'v'), static_cast<int>(recording.video_frames()));
}

TEST_F(PeerRecording, IsFinishedWhenThePeerSaysGoodbye) {
  EventReader events(kms_.client, kms_.session);
  record(kms_.recorder("goodbye.webm"));
  EXPECT_TRUE(see_more());

  ASSERT_EQ(kms_.close(), "OK");

  recorder::v1::RecordingFinished finished;
  EXPECT_TRUE(MediaServer::wait_for(events, finished));
  EXPECT_GT(decoded_frames(recorded_at("goodbye.webm"), 'v'), 0);
  EXPECT_GT(decoded_frames(recorded_at("goodbye.webm"), 'a'), 0);
}

}  // namespace
}  // namespace kms::test
