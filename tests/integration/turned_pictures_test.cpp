// SPDX-License-Identifier: Apache-2.0
// Packets that say how their pictures lie (CVO, 3GPP TS 26.114 section 7.4.5), and a Composite in which these
// are seen.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <tuple>

#include "kms/composite/v1/composite.pb.h"
#include "kms/recorder/v1/recorder.grpc.pb.h"
#include "kms/rtp/v1/rtp.grpc.pb.h"
#include "tests/integration/wall.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;
using rtc::test::TestPhone;

constexpr int kSide = 480;  // of the room, which is square: pictures of either shape leave some of it free
constexpr uint32_t kFloor = 0x00ff00;

// What a phone's encoder gets whose sensor lies by so many quarters of a turn counter-clockwise: always
// pictures of 320x240, whatever the shape of the scene. That is blue, and white in its left upper quarter.
constexpr const char* kVp8 =
    "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=9999 ! rtpvp8pay picture-id-mode=2";
std::string held(unsigned quarters, const std::string& encoder = kVp8,
                 const std::string& camera = "is-live=true") {
  constexpr std::array kDirections{"identity", "90l", "180", "90r"};
  const int width = quarters % 2 == 0 ? 320 : 240;
  const int height = 560 - width;
  return fmt::format(
      "videotestsrc {4} pattern=white ! video/x-raw,format=I420,framerate=30/1,width={0},height={1} ! "
      "videobox right=-{0} bottom=-{1} fill=blue ! videoflip video-direction={2} ! {3}",
      width / 2, height / 2, kDirections[quarters % 4], encoder, camera);
}

// Its shape, and where white is; "?" for what is no such picture. Of the eight ways in which a picture can
// lie no two look alike.
std::string look_of(const Sight& sight) {
  constexpr int kIn = 20;
  const auto is_floor = [&](int x, int y) {
    return sight.is(x, y, kFloor) && sight.is(kSide - x, kSide - y, kFloor);
  };
  const bool wide = is_floor(kSide / 2, kIn);
  const bool tall = is_floor(kIn, kSide / 2);
  if (wide == tall) return "?";
  const int x = wide ? kIn : kSide / 8 + kIn;
  const int y = wide ? kSide / 8 + kIn : kIn;
  std::string white;
  size_t blue = 0;
  for (const auto& [name, left, top] : {std::tuple{" left top", x, y},
                                        {" right top", kSide - x, y},
                                        {" left bottom", x, kSide - y},
                                        {" right bottom", kSide - x, kSide - y}}) {
    if (sight.is(left, top, 0xffffff)) white += name;
    blue += sight.is(left, top, 0x0000ff) ? 1 : 0;
  }
  return blue == 3 ? (wide ? "wide," : "tall,") + white : "?";
}

// What the port's pictures look like in a Composite, to a screen behind it.
void hang(MediaServer& kms, const Wall& wall, const std::string& source) {
  composite::v1::CompositeOptions room;
  room.set_width(kSide);
  room.set_height(kSide);
  room.mutable_background()->set_color(kFloor);
  room.add_ports()->set_port_id("ann");
  EXPECT_EQ(kms.create("room", room), "OK") << kms.client.last.message;
  rtp::v1::RtpOptions out;
  wall.describe(*out.mutable_video());
  EXPECT_EQ(kms.create("out", out), "OK") << kms.client.last.message;
  v1::LinkSpec link;
  link.set_source(source);
  link.set_source_port("video");
  link.set_sink("room");
  link.set_sink_port("ann.video");
  EXPECT_EQ(kms.client.connect(kms.session, link), "OK") << kms.client.last.message;
  EXPECT_EQ(kms.connect("room", "out", v1::MEDIA_KIND_VIDEO), "OK") << kms.client.last.message;
}

// Looks that differ from the one before, from the first picture that is one on.
void note(const std::string& look, std::vector<std::string>& looks) {
  if (looks.empty() ? look != "?" : looks.back() != look) looks.push_back(look);
}

// What sends a phone's packets to the element "phone".
class Phone {
 public:
  using Said = std::optional<uint8_t>;  // in this packet, of how its picture lies
  virtual ~Phone() = default;
  virtual void send(RtpContent content, Said orientation) = 0;
  // Reads what came; whether a key frame is asked for.
  virtual bool is_asked() { return false; }
};

class Browser : public Phone {
 public:
  explicit Browser(WithEndpoint& kms, const TestPeer::Options& options = {.publishes = true})
      : peer_(options) {
    EXPECT_TRUE(kms.join(peer_));
  }
  void send(RtpContent content, Said orientation) override {
    TestPeer::Frame frame;
    frame.marker = content.marker;
    frame.sequence = ++sequence_;
    frame.timestamp = content.timestamp;
    frame.payload = std::move(content.payload);
    frame.orientation = orientation;
    peer_.send(frame);
  }
  bool is_asked() override {
    peer_.receive_until([] { return false; }, std::chrono::milliseconds(1));
    const bool asked = peer_.asked_for_key_frame();
    peer_.clear();
    return asked;
  }

 private:
  TestPeer peer_;
  uint16_t sequence_ = 0;
};

class PlainPhone : public Phone {
 public:
  explicit PlainPhone(WithEndpoint& kms) {
    rtp::v1::RtpOptions options;
    options.mutable_video()->set_codec("VP8");
    options.mutable_video()->set_video_orientation_id(3);
    EXPECT_EQ(kms.create("phone", options), "OK") << kms.client.last.message;
    rtp::v1::GetLocalPortsRequest request;
    request.set_name(kms.name_of("phone"));
    rtp::v1::GetLocalPortsResponse ports;
    const auto stub = rtp::v1::RtpService::NewStub(kms.client.channel);
    EXPECT_EQ(kms.client.call(*stub, &rtp::v1::RtpService::Stub::GetLocalPorts, request, &ports), "OK");
    socket_.set_server(*rtc::SocketAddress::parse("127.0.0.1", static_cast<uint16_t>(ports.video_port())));
  }
  void send(RtpContent content, Said orientation) override {
    media_.marker = content.marker;
    ++media_.sequence;
    media_.timestamp = content.timestamp;
    media_.payload = std::move(content.payload);
    media_.extension = orientation;
    socket_.send(media_);
  }

 private:
  TestPhone socket_{{.video = true}};
  TestPhone::Media media_{.type = 96};
};

// Sent by a WebRtcEndpoint's peer, or by one of plain RTP.
class TurnedPictures : public testing::TestWithParam<bool> {
 protected:
  TurnedPictures() {
    if (GetParam()) {
      phone_ = std::make_unique<Browser>(kms_);
    } else {
      phone_ = std::make_unique<PlainPhone>(kms_);
    }
    hang(kms_, wall_, GetParam() ? "w" : "phone");
  }

  // Another camera, whose first picture is a key frame.
  void take(const std::string& chain) {
    camera_.emplace(chain);
    said_.reset();
  }
  // Says so with the next picture, and with each one that is asked for.
  void say(uint8_t orientation) {
    orientation_ = orientation;
    said_.reset();
  }
  void work() {
    while (auto content = camera_->next()) {
      Phone::Said said;
      if (content->marker && said_ != orientation_) said = said_ = orientation_;
      phone_->send(*std::move(content), said);
    }
    if (phone_->is_asked()) {
      camera_->make_key_frame();
      said_.reset();
    }
    for (const auto& sight : wall_.look()) note(look_of(sight), looks_);
  }
  bool shows(const std::string& look) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while ((looks_.empty() || looks_.back() != look) && std::chrono::steady_clock::now() < give_up) work();
    return !looks_.empty() && looks_.back() == look;
  }

  WithEndpoint kms_{{}, {}, "rtp: { announced: 127.0.0.1, ports: 20000-29999 }\n"};
  std::unique_ptr<Phone> phone_;
  Wall wall_{kSide, kSide};
  // What was to be seen in turn, from the first picture of the phone on.
  std::vector<std::string> looks_;

 private:
  std::optional<RtpMaker> camera_;
  uint8_t orientation_ = 0;
  Phone::Said said_;
};

TEST_P(TurnedPictures, StandUprightInTheirCellHoweverThePhoneIsHeld) {
  std::vector<std::string> expected;
  for (const unsigned quarters : {0U, 1U, 2U, 3U, 0U}) {
    take(held(quarters));
    say(static_cast<uint8_t>(quarters));
    expected.emplace_back(quarters % 2 == 0 ? "wide, left top" : "tall, left top");
    ASSERT_TRUE(shows(expected.back())) << quarters << testing::PrintToString(looks_);
  }
  EXPECT_EQ(looks_, expected) << "no picture in between lay on its side, or had the shape of the one before";
}

TEST_P(TurnedPictures, TurnInMidStreamAsTheirPacketsSay) {
  take(held(0));
  const std::vector<std::string> turned{"wide, left top", "tall, right top", "wide, right bottom",
                                        "tall, left bottom", "wide, left top"};
  for (unsigned quarters = 0; quarters < turned.size(); ++quarters) {
    say(static_cast<uint8_t>(quarters % 4));
    ASSERT_TRUE(shows(turned[quarters])) << quarters << testing::PrintToString(looks_);
  }
  EXPECT_EQ(looks_, turned);
}

// A file says it in its head; whoever shows it turns the pictures.
TEST(TurnedRecordings, AreShownUpright) {
  WithH264Endpoint kms;
  auto options = WithH264Endpoint::speaks_h264();
  options.publishes = true;
  Browser phone(kms, options);
  auto tape = kms.recorder("turned.mp4");
  tape.set_autostart(true);
  ASSERT_EQ(kms.create("tape", tape), "OK") << kms.client.last.message;
  ASSERT_EQ(kms.connect("w", "tape", v1::MEDIA_KIND_VIDEO), "OK") << kms.client.last.message;

  RtpMaker camera(held(1,
                       "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! "
                       "video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1"));
  for (int pictures = 0; pictures < 60;) {
    while (auto content = camera.next()) {
      const bool last = content->marker;
      pictures += last ? 1 : 0;
      phone.send(*std::move(content), last ? Phone::Said(1) : std::nullopt);
    }
    if (phone.is_asked()) camera.make_key_frame();
  }
  ASSERT_EQ(kms.command<recorder::v1::RecorderService>("tape", &recorder::v1::RecorderService::Stub::Stop),
            "OK");

  const auto path = media_folder() + "/turned.mp4";
  const auto line = fmt::format(
      "timeout 60 ffmpeg -nostdin -v error -y -i {0} -frames:v 1 -f rawvideo -pix_fmt rgb0 {0}.rgb", path);
  ASSERT_EQ(std::system(line.c_str()), 0);
  const auto bytes = read_file(path + ".rgb");
  const Sight shown{240, 320, {bytes.begin(), bytes.end()}};
  ASSERT_EQ(shown.rgb.size(), size_t{4} * 240 * 320) << "one picture, 240x320 or 320x240";
  EXPECT_TRUE(shown.is(20, 20, 0xffffff) && shown.is(100, 140, 0xffffff) && shown.is(220, 20, 0x0000ff) &&
              shown.is(20, 180, 0x0000ff))
      << shown.at(20, 20) << shown.at(220, 20) << shown.at(20, 180);
}

// A file of a phone: its head has a display matrix, which players go by.
std::string turned_file(unsigned quarters) {
  const auto lying = make_media(
      fmt::format("lying-{}.mp4", quarters),
      held(quarters,
           "x264enc speed-preset=ultrafast key-int-max=30 ! h264parse ! mp4mux ! filesink location={}",
           "num-buffers=60"));
  const auto path = media_folder() + fmt::format("/turned-{}.mp4", quarters);
  const auto line =
      fmt::format("timeout 60 ffmpeg -nostdin -v error -y -i {} -c copy -metadata:s:v:0 rotate={} {}", lying,
                  (4 - quarters) % 4 * 90, path);
  EXPECT_EQ(std::system(line.c_str()), 0);
  return path;
}

TEST(TurnedFiles, ArePlayedUprightIntoAComposite) {
  for (const unsigned quarters : {0U, 1U, 2U, 3U}) {
    SCOPED_TRACE(quarters);
    MediaServer kms("rtp: { announced: 127.0.0.1, ports: 20000-29999 }\n");
    Wall wall(kSide, kSide);
    auto player = MediaServer::player(turned_file(quarters));
    player.set_loop(true);
    ASSERT_EQ(kms.create("file", player), "OK") << kms.client.last.message;
    hang(kms, wall, "file");
    ASSERT_EQ(kms.play("file"), "OK") << kms.client.last.message;

    std::vector<std::string> looks;
    size_t seen = 0;
    ASSERT_TRUE(eventually(
        [&] {
          for (const auto& sight : wall.look()) note(look_of(sight), looks);
          seen += looks.empty() ? 0 : 1;
          return seen > 100;  // more than a turn of the file
        },
        kPatience));
    EXPECT_EQ(looks, std::vector<std::string>{quarters % 2 == 0 ? "wide, left top" : "tall, left top"});
  }
}

INSTANTIATE_TEST_SUITE_P(Senders, TurnedPictures, testing::Bool(),
                         [](const auto& webrtc) { return webrtc.param ? "WebRtc" : "PlainRtp"; });

}  // namespace
}  // namespace kms::test
