// SPDX-License-Identifier: Apache-2.0
// A camera that goes and comes back under a running graph: a recorder and a browser go on.
#include "elements/rtp/ffmpeg.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/rtp_media.hpp"
#include "tests/support/rtsp_server.hpp"
#include "tests/support/web_server.hpp"

namespace kms::test {
namespace {

using player::v1::StateChanged;
using rtc::test::TestPeer;

constexpr char kAllowed[] = "network: { allow: [127.0.0.0/8] }\n";
constexpr char kInRed[] = "0xffc02020";
constexpr char kInBlue[] = "0xff2020c0";

enum class Colour { kRed, kBlue, kOther };

Colour colour_of(const uint8_t* rgb) {
  const auto near = [](unsigned value, unsigned wanted) {
    return value + 24 > wanted && value < wanted + 24;
  };
  if (near(rgb[0], 0xc0) && near(rgb[2], 0x20)) return Colour::kRed;
  return near(rgb[0], 0x20) && near(rgb[2], 0xc0) ? Colour::kBlue : Colour::kOther;
}

// Of every picture in a file, decoded.
std::vector<Colour> colours_in(const std::string& path) {
  const rtp::Folder folder;
  rtp::Ffmpeg ffmpeg("-i " + path + " -vf scale=1:1 -vsync passthrough -f rawvideo -pix_fmt rgb24 " +
                     folder.file("rgb"));
  EXPECT_TRUE(ffmpeg.finishes());
  std::ifstream file(folder.file("rgb"), std::ios::binary);
  std::vector<Colour> colours;
  for (std::array<char, 3> rgb{}; file.read(rgb.data(), rgb.size());) {
    colours.push_back(colour_of(reinterpret_cast<const uint8_t*>(rgb.data())));
  }
  return colours;
}

// A camera's pictures to a browser and its media to a recorder.
struct Cameras : WithH264Endpoint {
  Cameras() : WithH264Endpoint(kAllowed) {}
  std::string begin(const std::string& uri) {
    player::v1::PlayerOptions player;
    player.set_uri(uri);
    player.mutable_reconnect()->mutable_initial()->set_nanos(200'000'000);
    player.mutable_reconnect()->mutable_most()->set_nanos(200'000'000);
    auto recorder = MediaServer::recorder("camera.mkv");
    recorder.set_autostart(true);
    EXPECT_EQ(create("p", player), "OK");
    EXPECT_EQ(create("r", recorder), "OK");
    EXPECT_EQ(connect("p", "r"), "OK");
    EXPECT_EQ(connect("p", "w", v1::MEDIA_KIND_VIDEO), "OK");
    return play("p");
  }
  // Until the browser has decoded so many pictures of a colour.
  bool see(Colour colour, size_t count) {
    size_t seen = 0;
    return peer.receive_until(
        [&] {
          for (; taken < peer.rtp().size(); ++taken) {
            if ((peer.rtp()[taken][1] & 0x7f) == TestPeer::kVideoType) screen.put(peer.rtp()[taken]);
          }
          for (const auto& picture : screen.take()) {
            if (colour_of(picture.data() + (120 * 320 + 160) * 3) == colour) ++seen;
          }
          return seen >= count;
        },
        kPatience);
  }
  bool wait_for_state(player::v1::State state, StateChanged& changed) {
    do {
      if (!wait_for(events, changed)) return false;
    } while (changed.state() != state);
    return true;
  }

  EventReader events{client, session};
  TestPeer peer{speaks_h264()};
  RtpPlayer screen{"media=video,clock-rate=90000,encoding-name=H264",
                   "rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=RGB"};
  size_t taken = 0;
};

TEST(LiveSource, ThatIsLostAndComesBackLeavesItsTakersGoingOn) {
  RtspServer camera_server(
      {.launch = camera(kCameraH264, kCameraAac, kInRed), .credentials = "eve:S3cretWord"});
  Cameras kms;
  ASSERT_TRUE(kms.join(kms.peer));
  ASSERT_EQ(kms.begin(camera_server.uri("eve:S3cretWord")), "OK") << kms.client.last.message;
  ASSERT_TRUE(kms.see(Colour::kRed, 50));

  camera_server.kill();
  StateChanged lost;
  ASSERT_TRUE(kms.wait_for_state(player::v1::STATE_RECONNECTING, lost));
  EXPECT_EQ(lost.attempt(), 1U);
  EXPECT_EQ(lost.reason(), "UNREADABLE");
  EXPECT_GT(lost.next_attempt_in().nanos(), 0);
  EXPECT_TRUE(kms.see(Colour::kRed, 4));  // two a second
  camera_server.show(camera(kCameraH264, kCameraAac, kInBlue));
  camera_server.start();
  StateChanged back;
  ASSERT_TRUE(kms.wait_for_state(player::v1::STATE_PLAYING, back));
  EXPECT_TRUE(kms.see(Colour::kBlue, 50));
  ASSERT_EQ(kms.remove("p"), "OK");
  recorder::v1::RecordingFinished finished;
  ASSERT_EQ(kms.command<recorder::v1::RecorderService>("r", &recorder::v1::RecorderService::Stub::Stop),
            "OK");

  const auto path = media_folder() + "/camera.mkv";
  const auto colours = colours_in(path);
  const auto turn = std::find(colours.begin(), colours.end(), Colour::kBlue);
  EXPECT_GE(turn - colours.begin(), 54);
  EXPECT_GE(colours.end() - turn, 50);
  EXPECT_TRUE(std::all_of(colours.begin(), turn, [](Colour c) { return c == Colour::kRed; }));
  EXPECT_TRUE(std::all_of(turn, colours.end(), [](Colour c) { return c == Colour::kBlue; }));
  for (const char track : {'v', 'a'}) {
    const auto packets = packets_of(path, track);
    ASSERT_EQ(decoded_frames(path, track), static_cast<int>(packets.size())) << track;
    for (size_t i = 1; i < packets.size(); ++i) {
      EXPECT_GT(packets[i].pts, packets[i - 1].pts) << track << i;
      EXPECT_LT(packets[i].pts, packets[i - 1].pts + 2) << track << i;  // half a second, on a quiet machine
    }
  }
  EXPECT_EQ(kms.running->server.log().find("S3cretWord"), std::string::npos);
}

TEST(LiveSource, ThatRefusesTheCredentialsIsNotTriedAgain) {
  const RtspServer camera_server({.launch = camera(kCameraH264, ""), .credentials = "eve:S3cretWord"});
  MediaServer kms(kAllowed);
  player::v1::PlayerOptions options;
  options.set_uri(camera_server.uri("eve:An0therWord"));
  ASSERT_EQ(kms.create("p", options), "OK");

  EXPECT_EQ(kms.play("p"), "PERMISSION_DENIED/UNAUTHORIZED");

  EXPECT_EQ(kms.client.last.message.find("An0therWord"), std::string::npos) << kms.client.last.message;
  EXPECT_EQ(kms.running->server.log().find("An0therWord"), std::string::npos);
}

TEST(LiveSource, OfEncryptedSegmentsIsRefused) {
  write_file("secret.m3u8",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n#EXTINF:2,\na.ts\n"
             "#EXT-X-ENDLIST\n");
  const WebServer server;
  MediaServer kms(kAllowed);
  player::v1::PlayerOptions options;
  options.set_uri(server.uri("/files/secret.m3u8"));
  ASSERT_EQ(kms.create("p", options), "OK");

  EXPECT_EQ(kms.play("p"), "UNIMPLEMENTED/ENCRYPTED");
}

}  // namespace
}  // namespace kms::test
