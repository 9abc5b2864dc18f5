// SPDX-License-Identifier: Apache-2.0
// Receivers that come while a file plays, whose key frames nobody can ask for.
#include "elements/rtp/ffmpeg.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/rtp_media.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

// Green, without B-frames, a key frame every so many frames of 30 a second.
std::string clip_with_key_frames(const std::string& name, int key_frames, int seconds) {
  const auto path = media_folder() + "/" + name;
  rtp::Ffmpeg ffmpeg("-f lavfi -i color=c=0x20a040:s=320x240:r=30 -t " + std::to_string(seconds) +
                     " -c:v libx264 -pix_fmt yuv420p -bf 0 -sc_threshold 0 -g " + std::to_string(key_frames) +
                     " " + path);
  EXPECT_TRUE(ffmpeg.finishes());
  return path;
}

webrtc::v1::WebRtcOptions speaks() {
  webrtc::v1::WebRtcOptions options;
  for (const auto* codec : {"H264", "OPUS"}) options.add_codecs(codec);
  return options;
}

TestPeer::Options receives() {
  TestPeer::Options options;
  options.video = "H264/90000";
  options.video_parameters = "packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1";
  return options;
}

// A receiver at an endpoint of its own, and what it sees.
struct Viewer {
  Viewer(WithEndpoint& server, const std::string& endpoint) : kms(server), name(endpoint) {
    if (name != "w") {
      EXPECT_EQ(kms.create(name, speaks()), "OK");
    }
    webrtc::v1::ProcessOfferRequest request;
    request.set_name(kms.name_of(name));
    request.set_offer(peer.offer());
    webrtc::v1::ProcessOfferResponse response;
    EXPECT_EQ(kms.ask(&WithEndpoint::Stub::ProcessOffer, request, &response), "OK")
        << kms.client.last.message;
    EXPECT_TRUE(peer.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok() && peer.connect());
  }
  void link() { EXPECT_EQ(kms.connect("p", name, v1::MEDIA_KIND_VIDEO), "OK"); }

  // True when so many pictures were decoded.
  bool sees(size_t count) {
    return peer.receive_until(
        [&] {
          for (; taken < peer.rtp().size(); ++taken) {
            if ((peer.rtp()[taken][1] & 0x7f) != TestPeer::kVideoType) continue;
            screen.put(peer.rtp()[taken]);
            times.push_back(rtc::load_u32(&peer.rtp()[taken][4]));
          }
          pictures += screen.take().size();
          return pictures >= count;
        },
        kPatience);
  }
  // Seconds of media from the first packet to the last.
  double span() const {
    return times.empty() ? 0 : static_cast<int32_t>(times.back() - times.front()) / 90000.0;
  }
  std::string way() {
    v1::GetGraphRequest request;
    request.set_name(kms.session);
    v1::GetGraphResponse graph;
    EXPECT_EQ(kms.client.call(*kms.client.graph, &v1::GraphService::Stub::GetGraph, request, &graph), "OK");
    for (const auto& link : graph.links()) {
      if (link.sink() == kms.name_of(name)) return link.way();
    }
    return "";
  }

  WithEndpoint& kms;
  const std::string name;
  TestPeer peer{receives()};
  RtpPlayer screen{"media=video,clock-rate=90000,encoding-name=H264",
                   "rtph264depay ! h264parse ! avdec_h264"};
  std::vector<uint32_t> times;  // of the packets
  size_t taken = 0;
  size_t pictures = 0;
};

// Key frames as far apart as these do not call for transcoding.
struct Joining : testing::Test {
  explicit Joining(int seconds = 12)
      : kms(speaks(), "", "player: { key_frame_interval: " + std::to_string(seconds) + "s }\n") {}
  WithEndpoint kms;
  EventReader events{kms.client, kms.session};

  double position() {
    player::v1::GetPositionRequest request;
    request.set_name(kms.name_of("p"));
    player::v1::GetPositionResponse response;
    const auto stub = player::v1::PlayerService::NewStub(kms.client.channel);
    EXPECT_EQ(kms.client.call(*stub, &player::v1::PlayerService::Stub::GetPosition, request, &response),
              "OK");
    return static_cast<double>(response.position().seconds()) + response.position().nanos() / 1e9;
  }
  std::string reason() {
    std::string text;
    EXPECT_TRUE(MediaServer::wait_for(events, [&](const v1::Event& event) {
      text = event.transcoding_started().reason();
      return event.has_transcoding_started();
    }));
    return text;
  }
};

TEST_F(Joining, ASecondReceiverBeginsWithTheLatestKeyFrameThatThereWas) {
  Viewer first(kms, "w");
  ASSERT_EQ(kms.create("p", MediaServer::player(clip_with_key_frames("joining.mp4", 300, 24))), "OK");
  first.link();
  ASSERT_EQ(kms.play("p"), "OK");
  ASSERT_TRUE(first.sees(20));  // the next key frame is nine seconds away

  Viewer second(kms, "w2");
  second.link();

  ASSERT_TRUE(second.sees(45));
  EXPECT_EQ(second.times.front(), first.times.front()) << "the key frame that the first one began with";
  EXPECT_LT(second.span(), 9.9) << "no new one was needed";
  EXPECT_EQ(second.way(), "payload H264");
}

TEST_F(Joining, TheFirstReceiverOfAPlayerThatHasBegun) {
  ASSERT_EQ(kms.create("p", MediaServer::player(clip_with_key_frames("joining.mp4", 300, 24))), "OK");
  ASSERT_EQ(kms.play("p"), "OK");
  Viewer viewer(kms, "w");
  ASSERT_TRUE(eventually([&] { return position() > 1; }, kPatience));

  viewer.link();

  ASSERT_TRUE(viewer.sees(30));
  EXPECT_LT(position(), 9.9) << "no new key frame was needed";
  EXPECT_EQ(viewer.way(), "payload H264");
}

// Whoever lost something would wait for the next one.
struct RareKeyFrames : Joining {
  RareKeyFrames() : Joining(5) {}
};
TEST_F(RareKeyFrames, OfAFileAreTranscoded) {
  Viewer first(kms, "w");
  ASSERT_EQ(kms.create("p", MediaServer::player(clip_with_key_frames("rare.mp4", 1000, 15))), "OK");
  first.link();
  ASSERT_EQ(kms.play("p"), "OK");

  EXPECT_EQ(reason(), "KEY_FRAMES_RARE");
  ASSERT_TRUE(first.sees(30));
  EXPECT_EQ(first.way(), "decode H264, encode H264, payload H264");
}

}  // namespace
}  // namespace kms::test
