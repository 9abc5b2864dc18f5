// SPDX-License-Identifier: Apache-2.0
// A camera or a phone that changes what it sends while an endpoint and a filter take it.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "elements/rtp/caller.hpp"
#include "tests/support/rtp_media.hpp"
#include "tests/support/test_elements.hpp"
#include "tests/support/waiting.hpp"

namespace kms::rtp {
namespace {

using rtc::test::TestPhone;
using test::LiveSession;

constexpr uint8_t kVp8 = 96, kH264 = 97;
constexpr char kDescriptions[] =
    "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 H264/90000\r\n"
    "a=fmtp:97 packetization-mode=1;profile-level-id=42e01f\r\n";

TestPhone::Options pictures(const std::string& formats) {
  TestPhone::Options options;
  options.video = true;
  options.formats = formats;
  options.attributes.clear();
  std::string line;
  for (std::stringstream all(kDescriptions); std::getline(all, line);) {
    if (formats.find(line.substr(line.find(':') + 1, 2)) != std::string::npos)
      options.attributes += line + '\n';
  }
  return options;
}

struct Picture {
  int width = 0;
  int red = 0;
  int green = 0;
  int blue = 0;
};

// Sends pictures of one colour and size; counts on from one to the next.
class Camera {
 public:
  explicit Camera(TestPhone& phone) : phone_(phone) {}

  // `colour` as in "ff0000".
  void show(uint8_t type, int width, const std::string& colour) {
    const std::string encode =
        type == kVp8 ? "vp8enc deadline=1 keyframe-max-dist=10 ! rtpvp8pay picture-id-mode=2"
                     : "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! "
                       "video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1";
    maker_ = std::make_unique<test::RtpMaker>(
        "videotestsrc is-live=true pattern=solid-color foreground-color=0xff" + colour +
        " ! video/x-raw,format=I420,framerate=30/1,width=" + std::to_string(width) +
        ",height=" + std::to_string(width * 3 / 4) + " ! " + encode);
    type_ = type;
    first_.reset();
  }
  void work() {
    while (auto content = maker_->next()) {
      if (!first_) {
        first_ = content->timestamp;
        begin_ = last_ + 3000;
      }
      last_ = begin_ + (content->timestamp - *first_);
      phone_.send({.type = type_,
                   .sequence = ++sequence_,
                   .timestamp = last_,
                   .marker = content->marker,
                   .payload = std::move(content->payload)});
    }
  }

 private:
  TestPhone& phone_;
  std::unique_ptr<test::RtpMaker> maker_;
  uint8_t type_ = kVp8;
  uint16_t sequence_ = 100;
  uint32_t last_ = 0;
  uint32_t begin_ = 0;
  std::optional<uint32_t> first_;
};

// Shows what comes to a phone as VP8.
class Screen {
 public:
  void work() {
    phone.receive_until([] { return false; }, std::chrono::milliseconds(5));
    for (const auto& packet : phone.rtp()) player_.put(packet);
    phone.clear();
    for (const auto& bytes : player_.take()) look(bytes);
  }
  bool sees(int width, const Picture& colour) const {
    const auto near = [](int is, int wanted) { return std::abs(is - wanted) < 40; };
    return last_.width == width && near(last_.red, colour.red) && near(last_.green, colour.green) &&
           near(last_.blue, colour.blue);
  }
  const Picture& last() const { return last_; }

  TestPhone phone{pictures("96")};

 private:
  // RGB of four by three.
  void look(const std::vector<uint8_t>& bytes) {
    const auto middle = bytes.size() / 6 * 3;
    last_ = {static_cast<int>(std::lround(std::sqrt(static_cast<double>(bytes.size()) / 3 * 4 / 3))),
             bytes.at(middle), bytes.at(middle + 1), bytes.at(middle + 2)};
  }

  test::RtpPlayer player_{"media=video,clock-rate=90000,encoding-name=VP8",
                          "rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=RGB"};
  Picture last_;
};

std::string way_to(LiveSession& session, const std::string& sink, kms::v1::MediaKind kind) {
  const auto graph = session.graph();
  for (const auto& link : graph.links()) {
    if (link.sink() == session.element(sink) && link.kind() == kind) return link.way();
  }
  return {};
}

constexpr Picture kRed{0, 255, 0, 0};
constexpr Picture kGrey{0, 78, 78, 78};  // as bright as red
constexpr Picture kBlue{0, 0, 0, 255};
constexpr Picture kDark{0, 26, 26, 26};  // as bright as blue

TEST(RtpChanges, PicturesMayChangeTheirSizeAndTheirCodec) {
  LiveSession session(setup());
  ASSERT_TRUE(session
                  .apply({endpoint("cam"), test::filter("grey", "video videobalance saturation=0"),
                          endpoint("plain"), endpoint("filtered")},
                         {{"cam", "plain"}, {"cam", "grey"}, {"grey", "filtered"}})
                  .ok());
  TestPhone vp8(pictures("96 97"));
  Camera camera(vp8);
  Screen plain, filtered;
  ASSERT_TRUE(Caller(session, "cam").join(vp8).ok());
  ASSERT_TRUE(Caller(session, "plain").join(plain.phone).ok());
  ASSERT_TRUE(Caller(session, "filtered").join(filtered.phone).ok());
  const auto both_see = [&](int width, const Picture& colour, const Picture& grey) {
    return test::eventually([&] {
      camera.work();
      plain.work();
      filtered.work();
      return plain.sees(width, colour) && filtered.sees(width, grey);
    });
  };
  const auto seen = [&] {
    return std::to_string(plain.last().width) + " and " + std::to_string(filtered.last().width) + " wide\n" +
           session.graph().DebugString();
  };

  camera.show(kVp8, 64, "ff0000");
  EXPECT_TRUE(both_see(64, kRed, kGrey)) << seen();
  EXPECT_EQ(way_to(session, "plain", kms::v1::MEDIA_KIND_VIDEO), "forward");

  camera.show(kVp8, 128, "0000ff");
  EXPECT_TRUE(both_see(128, kBlue, kDark)) << "another size in the same stream; " << seen();

  const auto reoffer = [&](const std::string& formats) {
    auto text = vp8.offer();
    return Caller(session, "cam").answer(text.replace(text.find("RTP/AVP 96 97"), 13, "RTP/AVP " + formats));
  };
  ASSERT_TRUE(reoffer("97").ok());
  camera.show(kH264, 64, "ff0000");
  EXPECT_TRUE(both_see(64, kRed, kGrey)) << "another codec; " << seen();
  EXPECT_EQ(way_to(session, "plain", kms::v1::MEDIA_KIND_VIDEO),
            "depayload H264, decode H264, encode VP8, payload VP8");

  camera.show(kH264, 128, "0000ff");
  EXPECT_TRUE(both_see(128, kBlue, kDark)) << "another size of that; " << seen();

  ASSERT_TRUE(reoffer("96").ok());
  camera.show(kVp8, 64, "ff0000");
  EXPECT_TRUE(both_see(64, kRed, kGrey)) << "and back; " << seen();
  EXPECT_EQ(way_to(session, "plain", kms::v1::MEDIA_KIND_VIDEO), "forward");
  for (const auto& event : session.events()) EXPECT_FALSE(event.has_element_error()) << event.DebugString();
}

// From mu-law to A-law and back, to a phone that takes the former alone.
TEST(RtpChanges, SoundMayChangeItsCodec) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("alice"), endpoint("bob")}, {{"alice", "bob"}}).ok());
  TestPhone alice({}), bob({.formats = "0", .attributes = {}});
  Caller caller(session, "alice");
  ASSERT_TRUE(Caller(session, "bob").join(bob).ok());
  TestPhone::Media media;
  for (const uint8_t type : std::array<uint8_t, 3>{0, 8, 0}) {
    auto text = alice.offer();
    const auto answer =
        caller.answer(text.replace(text.find("RTP/AVP 0 8"), 11, "RTP/AVP " + std::to_string(type)));
    ASSERT_TRUE(answer.ok()) << answer.status();
    alice.use(*answer);
    bob.clear();
    media.type = type;
    EXPECT_TRUE(test::eventually([&] {
      alice.send(media);
      ++media.sequence;
      media.timestamp += 160;
      bob.receive_until([] { return false; }, std::chrono::milliseconds(20));
      return bob.rtp().size() > 20;
    })) << session.graph().DebugString();
    EXPECT_EQ(way_to(session, "bob", kms::v1::MEDIA_KIND_AUDIO),
              type == 0 ? "forward" : "depayload PCMA, decode PCMA, encode PCMU, payload PCMU");
    for (const auto& packet : bob.rtp()) EXPECT_EQ(rtc::RtpView::parse(packet)->payload_type(), 0);
  }
}

}  // namespace
}  // namespace kms::rtp
