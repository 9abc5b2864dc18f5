// SPDX-License-Identifier: Apache-2.0
#include "kms/face_detection/v1/face_detection.pb.h"
#include "tests/integration/media_fixture.hpp"

namespace kms::test {
namespace {

// A clip of VP8 that loops, at "p".
struct PlayingTo : MediaServer {
  PlayingTo() {
    auto options = player(make_clip("clip.webm", 5));
    options.set_loop(true);
    EXPECT_EQ(create("p", options), "OK");
    EXPECT_EQ(play("p"), "OK");
  }
  std::string disconnect(const std::string& source, const std::string& sink) {
    v1::DisconnectRequest request;
    request.set_parent(session);
    request.mutable_link()->set_source(source);
    request.mutable_link()->set_sink(sink);
    v1::DisconnectResponse response;
    return client.call(*client.graph, &v1::GraphService::Stub::Disconnect, request, &response);
  }
  // "FROM to TO: REASON" of the next transcoding of pictures that begins or stops.
  std::string next_started() {
    std::string text;
    EXPECT_TRUE(wait_for(events, [&](const v1::Event& event) {
      const auto& started = event.transcoding_started();
      text = started.from() + " to " + started.to() + ": " + started.reason();
      return started.port() == "video";
    }));
    return text;
  }
  std::string next_stopped() {
    std::string reason;
    EXPECT_TRUE(wait_for(events, [&](const v1::Event& event) {
      reason = event.transcoding_stopped().reason();
      return event.transcoding_stopped().port() == "video";
    }));
    return reason;
  }
  std::string next_disconnected() {
    std::string reason;
    EXPECT_TRUE(wait_for(events, [&](const v1::Event& event) {
      reason = event.link_disconnected().reason();
      return event.has_link_disconnected();
    }));
    return reason;
  }

  EventReader events{client, session};
};

TEST(Transcoding, ToldWithItsReasonWhenItBeginsAndWhenItEnds) {
  PlayingTo kms;
  ASSERT_EQ(kms.create("f", face_detection::v1::FaceDetectionOptions()), "OK");
  ASSERT_EQ(kms.create("r", kms.recorder("faces.mp4")), "OK");

  ASSERT_EQ(kms.connect("p", "f"), "OK");
  EXPECT_EQ(kms.next_started(), "VP8 to raw video: SINK_TAKES_RAW");
  ASSERT_EQ(kms.connect("f", "r"), "OK");
  EXPECT_EQ(kms.next_started(), "raw video to H264: SOURCE_IS_RAW");

  ASSERT_EQ(kms.disconnect("p", "f"), "OK");
  EXPECT_EQ(kms.next_stopped(), "NO_TAKERS");
  EXPECT_EQ(kms.next_disconnected(), "CLIENT_REQUEST");
}

TEST(Transcoding, OfACodecThatTheSinkDoesNotTakeEndsWithTheLinkThatNeededIt) {
  PlayingTo kms;
  ASSERT_EQ(kms.create("r", kms.recorder("vp8.mp4")), "OK");
  ASSERT_EQ(kms.create("q", kms.player(make_clip("clip.mp4", 5))), "OK");
  ASSERT_EQ(kms.play("q"), "OK");

  ASSERT_EQ(kms.connect("p", "r"), "OK");
  EXPECT_EQ(kms.next_started(), "VP8 to raw video: CODEC_NOT_ACCEPTED");
  EXPECT_EQ(kms.next_started(), "raw video to H264: CODEC_NOT_ACCEPTED");

  ASSERT_EQ(kms.connect("q", "r"), "OK");
  EXPECT_EQ(kms.next_stopped(), "NO_TAKERS");
  EXPECT_EQ(kms.next_disconnected(), "REPLACED");
}

}  // namespace
}  // namespace kms::test
