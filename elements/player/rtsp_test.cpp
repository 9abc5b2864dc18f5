// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "elements/player/checked_address.hpp"
#include "elements/player/player_fixture.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/rtsp_server.hpp"

namespace kms::player {
namespace {

using test::camera;
using test::kCameraAac;
using test::kCameraH264;
using test::RtspServer;

class RtspTest : public PlayerTest {
 protected:
  explicit RtspTest(const Config& given = config()) : PlayerTest(given) {}
  static v1::PlayerOptions options(const std::string& uri) {
    v1::PlayerOptions options;
    options.set_uri(uri);
    options.mutable_reconnect()->set_off(true);
    return options;
  }
  // Whether a second of sound and of pictures comes, in order and at its time.
  void expect_media() {
    const auto status = play();
    ASSERT_TRUE(status.ok()) << message_of(status);
    ASSERT_TRUE(video_.wait_frames(25));
    ASSERT_TRUE(audio_.wait_frames(25));
    const auto frames = video_.frames();
    EXPECT_TRUE(frames.front().key);
    EXPECT_TRUE(rises(frames));
    EXPECT_TRUE(rises(audio_.frames()));
    expect_paced(frames, 500e6);
    EXPECT_NEAR(median_step(frames), 40e6, 6e6) << "what a busy machine makes late is told so";
  }
  // Nanoseconds from one frame to the next.
  template <typename Frames>
  static double median_step(const Frames& frames) {
    std::vector<double> steps;
    for (size_t i = 1; i < frames.size(); ++i) {
      steps.push_back(static_cast<double>(frames[i].pts - frames[i - 1].pts));
    }
    std::nth_element(steps.begin(), steps.begin() + steps.size() / 2, steps.end());
    return steps[steps.size() / 2];
  }
  bool said(const std::string& text) {
    const auto events = host_.events();
    return std::any_of(events.begin(), events.end(),
                       [&](const auto& event) { return event.find(text) != std::string::npos; });
  }
};

TEST_F(RtspTest, SoundAndPicturesOfACameraComeAsTheyAre) {
  const RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  ASSERT_TRUE(make(options(server.uri())).ok());

  expect_media();

  EXPECT_EQ(offers(0), "AAC");
  EXPECT_EQ(offers(1), "H264");
  EXPECT_NE(video_.caps().find("codec_data"), std::string::npos) << video_.caps();
  EXPECT_TRUE(host_.wait_for("STATE_CONNECTING"));
  EXPECT_TRUE(host_.wait_for("STATE_PLAYING"));
  EXPECT_FALSE(position().seekable);
  EXPECT_LT(position().position, std::chrono::seconds(20));
  EXPECT_EQ(reason_of(seek(std::chrono::seconds(1))), "NOT_SEEKABLE");
}

TEST_F(RtspTest, OverUdp) {
  const RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  auto asked = options(server.uri());
  asked.set_transport(v1::TRANSPORT_UDP);
  ASSERT_TRUE(make(asked).ok());

  expect_media();
}

TEST_F(RtspTest, OverUdpWhereTheServerRefusesTcp) {
  const RtspServer server({.launch = camera(kCameraH264, kCameraAac), .transport = "udp"});
  ASSERT_TRUE(make(options(server.uri())).ok());

  expect_media();
}

TEST_F(RtspTest, NotOverWhatWasNotAskedFor) {
  const RtspServer server({.launch = camera(kCameraH264, kCameraAac), .transport = "udp"});
  auto asked = options(server.uri());
  asked.set_transport(v1::TRANSPORT_TCP);
  ASSERT_TRUE(make(asked).ok());

  EXPECT_EQ(reason_of(play()), "UNREADABLE");
}

// Encoders and payloaders, and what the ports offer.
class RtspFormats : public RtspTest, public testing::WithParamInterface<std::array<std::string, 4>> {};

TEST_P(RtspFormats, ComeAsTheyAre) {
  const auto& [video, audio, video_codec, audio_codec] = GetParam();
  const RtspServer server({.launch = camera(video, audio)});
  ASSERT_TRUE(make(options(server.uri())).ok());

  expect_media();

  EXPECT_EQ(offers(0), audio_codec);
  EXPECT_EQ(offers(1), video_codec);
}

INSTANTIATE_TEST_SUITE_P(
    Codecs, RtspFormats,
    testing::Values(
        std::array<std::string, 4>{"vp8enc deadline=1 keyframe-max-dist=25 ! rtpvp8pay name=pay0 pt=96",
                                   "audioconvert ! audioresample ! opusenc ! rtpopuspay name=pay1 pt=97",
                                   "VP8", "OPUS"},
        std::array<std::string, 4>{
            "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! rtph265pay name=pay0 pt=96",
            "audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay "
            "name=pay1",
            "H265", "PCMA"}),
    [](const auto& test) { return test.param[2]; });

TEST_F(RtspTest, UserAndPasswordAreProvenAndNeverTold) {
  for (const auto* method : {"", ":basic"}) {
    const RtspServer server(
        {.launch = camera(kCameraH264, kCameraAac), .credentials = std::string("eve:S3cretWord") + method});
    ASSERT_TRUE(make(options(server.uri("eve:S3cretWord"))).ok());
    EXPECT_TRUE(play().ok()) << method;
    ASSERT_TRUE(stop().ok());
    ASSERT_TRUE(close().ok());
  }
  EXPECT_FALSE(said("S3cretWord"));
}

TEST_F(RtspTest, WrongCredentialsAreRefusedWithoutBeingTold) {
  const RtspServer server({.launch = camera(kCameraH264, kCameraAac), .credentials = "eve:S3cretWord"});
  for (const auto* wrong : {"", "eve:An0therWord"}) {
    auto asked = options(server.uri(wrong));
    asked.clear_reconnect();  // and are not tried again
    ASSERT_TRUE(make(asked).ok());
    const auto status = play();
    EXPECT_EQ(reason_of(status), "UNAUTHORIZED") << wrong;
    EXPECT_EQ(message_of(status).find("An0therWord"), std::string::npos);
    EXPECT_EQ(position().state, v1::STATE_FAILED);
    ASSERT_TRUE(close().ok());
  }
  EXPECT_FALSE(said("An0therWord"));
}

TEST_F(RtspTest, AForbiddenAddressIsRefusedAtOnceOrWhenItsNameIsLookedUp) {
  EXPECT_EQ(reason_of(make(options("rtsp://127.0.0.2/cam"))), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason_of(make(options("rtsp://user:word@[::1]:554/cam"))), "URI_NOT_ALLOWED");
  ASSERT_TRUE(make(options("rtsp://0x7f000002/cam")).ok());
  const auto reason = reason_of(play());
  EXPECT_TRUE(reason == "URI_NOT_ALLOWED" || reason == "UNREADABLE") << reason;
}

class RtspsTest : public RtspTest {
 protected:
  RtspsTest() : RtspTest(with_names()) {}
};

TEST_F(RtspsTest, ACertificateMustBeForTheHostThatWasNamed) {
  const RtspServer server(
      {.launch = camera(kCameraH264, kCameraAac), .certificate = test::make_certificate()});
  ASSERT_TRUE(make(options(server.uri())).ok());  // by its address
  EXPECT_EQ(reason_of(play()), "UNREADABLE");
  ASSERT_TRUE(close().ok());
  ASSERT_TRUE(make(options("rtsps://localhost:" + server.port() + "/cam")).ok());

  expect_media();
}

TEST_F(RtspTest, ServerAndPathThatAreNotThere) {
  RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  ASSERT_TRUE(make(options("rtsp://127.0.0.1:" + server.port() + "/none")).ok());
  EXPECT_EQ(reason_of(play()), "NOT_FOUND");
  ASSERT_TRUE(close().ok());
  server.kill();
  ASSERT_TRUE(make(options(server.uri())).ok());
  EXPECT_EQ(reason_of(play()), "UNREADABLE");
}

TEST_F(RtspTest, ALossIsFinalWhenItIsNotToBeTriedAgain) {
  RtspServer server({.launch = camera(kCameraH264, kCameraAac)});
  ASSERT_TRUE(make(options(server.uri())).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(10));

  server.kill();

  EXPECT_TRUE(host_.wait_for("ElementError UNREADABLE"));
  EXPECT_TRUE(host_.wait_for("EndOfStream"));
  EXPECT_TRUE(video_.wait_end());
}

TEST_F(RtspTest, OptionsOutOfRangeAreNamed) {
  auto asked = options("rtsp://127.0.0.1/cam");
  asked.mutable_latency()->set_seconds(11);
  EXPECT_EQ(info_of(make(asked)).metadata["field"], "latency");
  asked.clear_latency();
  asked.mutable_stall()->set_nanos(1);
  EXPECT_EQ(info_of(make(asked)).metadata["field"], "stall");
  asked.clear_stall();
  asked.set_transport(static_cast<v1::Transport>(9));
  EXPECT_EQ(info_of(make(asked)).metadata["field"], "transport");
  asked.clear_transport();
  asked.mutable_reconnect()->set_off(false);
  asked.mutable_reconnect()->mutable_initial()->set_seconds(20);
  asked.mutable_reconnect()->mutable_most()->set_seconds(10);
  EXPECT_EQ(info_of(make(asked)).metadata["field"], "reconnect.most");
}

}  // namespace
}  // namespace kms::player
