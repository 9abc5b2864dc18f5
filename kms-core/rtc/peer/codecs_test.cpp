// SPDX-License-Identifier: Apache-2.0
// All codecs go through as packets, to those who can take them as they are.
#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

constexpr const char* kBaseline = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
constexpr const char* kHigh = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f";
constexpr const char* kBaselineSingle =
    "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f";

struct Kind {
  const char* name;
  TestPeer::Options both;
  test::Packet key_frame;
  test::Packet other;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

TestPeer::Options of(const char* video, const char* parameters = "", const char* audio = "opus/48000/2") {
  TestPeer::Options options;
  options.video = video;
  options.video_parameters = parameters;
  options.audio = audio;
  return options;
}

class Codecs : public ::testing::Test {
 protected:
  void SetUp() override { server_ = kms::test::start_rtc(); }
  void publish(TestPeer::Options options) {
    options.publishes = true;
    publisher_ = std::make_unique<TestPeer>(options);
    sender_ = server_->create_peer({});
    sources_ = publisher_->join(*sender_)->sources;
    ASSERT_EQ(sources_.size(), 2u);
    ASSERT_TRUE(publisher_->connect());
  }
  void watch(const TestPeer::Options& options) {
    viewer_ = std::make_unique<TestPeer>(options);
    receiver_ = server_->create_peer({});
    for (const auto& source : sources_) consumers_.push_back(receiver_->consume(source));
    ASSERT_TRUE(viewer_->join(*receiver_).ok());
    ASSERT_TRUE(viewer_->connect());
  }
  // A key frame of VP9 or H.264 and then a sound; whether the first came as well.
  bool pictures_come() {
    const bool vp9 = sources_[1]->codec() == Codec::kVp9;
    publisher_->send({.sequence = ++sent_,
                      .payload = vp9 ? test::Packet{0x88, 0x01, 0x55} : test::Packet{0x65, 0x88, 0x55}});
    publisher_->send({.video = false, .sequence = sent_});
    EXPECT_TRUE(viewer_->receive_until([&] { return viewer_->count(false) == 1; }));
    return viewer_->count(true) == 1;
  }
  bool video_was_accepted() const { return viewer_->answer().media.at(1).port != 0; }

  std::unique_ptr<Server> server_;
  std::unique_ptr<TestPeer> publisher_, viewer_;
  std::unique_ptr<Peer> sender_, receiver_;
  std::vector<SourceRef> sources_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  uint16_t sent_ = 0;
};

class CodecsByKind : public Codecs, public ::testing::WithParamInterface<Kind> {};

TEST_P(CodecsByKind, GoThroughFromTheFirstKeyFrameOn) {
  publish(GetParam().both);
  watch(GetParam().both);
  const auto& other = GetParam().other;
  const auto& key_frame = GetParam().key_frame;

  publisher_->send({.sequence = 1, .payload = other});
  publisher_->send({.sequence = 2, .timestamp = 3000, .payload = key_frame});
  publisher_->send({.sequence = 3, .timestamp = 6000, .payload = other});
  ASSERT_TRUE(viewer_->receive_until([&] { return viewer_->count(true) == 2; }));

  const auto first = *RtpView::parse(viewer_->rtp().front());
  EXPECT_TRUE(std::ranges::equal(first.payload(), key_frame));
  EXPECT_EQ(first.timestamp(), 3000u);
  EXPECT_EQ(viewer_->count(true), 2u);
}

INSTANTIATE_TEST_SUITE_P(
    Video, CodecsByKind,
    ::testing::Values(
        Kind{"Vp9", of("VP9/90000", "profile-id=0"), {0x88, 0x01, 0x55}, {0xc8, 0x02, 0x55}},
        Kind{"H264", of("H264/90000", kBaseline), {0x65, 0x88, 0x55}, {0x41, 0x9a, 0x55}},
        Kind{"H264Aggregated", of("H264/90000", kBaseline), {24, 0, 2, 0x67, 0x42, 0, 1, 0x68}, {0x41, 1}},
        Kind{"H265", of("H265/90000"), {0x26, 0x01, 0x55}, {0x02, 0x01, 0x55}},
        Kind{"Av1", of("AV1/90000"), {0x18, 0x0a, 0x55}, {0x10, 0x32, 0x55}}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

class Sounds : public Codecs, public ::testing::WithParamInterface<const char*> {};

TEST_P(Sounds, GoThroughFromTheFirstPacketOn) {
  publish(of("VP8/90000", "", GetParam()));
  watch(of("VP8/90000", "", GetParam()));
  const test::Packet payload(160, 0xd5);

  for (uint16_t i = 0; i < 10; ++i)
    publisher_->send({.video = false, .sequence = i, .timestamp = 160u * i, .payload = payload});

  ASSERT_TRUE(viewer_->receive_until([&] { return viewer_->count(false) == 10; }));
  for (const auto& packet : viewer_->rtp())
    EXPECT_TRUE(std::ranges::equal(RtpView::parse(packet)->payload(), payload));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Sounds, ::testing::Values("PCMU/8000", "PCMA/8000", "G722/8000"),
                         [](const auto& parameter) { return std::string(parameter.param).substr(0, 4); });

TEST_F(Codecs, ASourceSaysItsParameters) {
  publish(of("H264/90000", kBaseline));
  EXPECT_EQ(sources_[1]->codec(), Codec::kH264);
  EXPECT_EQ(sources_[1]->parameters(), kBaseline);
}

TEST_F(Codecs, AViewerOfAnotherProfileOrModeGetsNoPicturesAndIsAnsweredAsItPrefers) {
  publish(of("H264/90000", kHigh));
  watch(of("H264/90000", kBaseline));
  EXPECT_TRUE(video_was_accepted()) << "for what is made for it";
  EXPECT_FALSE(pictures_come());

  publish(of("H264/90000", kBaseline));
  watch(of("H264/90000", kBaselineSingle));
  EXPECT_FALSE(pictures_come());

  publish(of("VP9/90000", "profile-id=2"));
  watch(of("VP9/90000", "profile-id=0"));
  EXPECT_FALSE(pictures_come());
  watch(of("VP9/90000", "profile-id=2"));
  EXPECT_TRUE(pictures_come());
}

TEST_F(Codecs, ALineThatIsFreeIsNotTakenByASourceOfAnotherProfile) {
  publish(of("H264/90000", kBaseline));
  watch(of("H264/90000", kBaseline));
  ASSERT_TRUE(video_was_accepted());
  consumers_.clear();
  publish(of("H264/90000", kHigh));
  for (const auto& source : sources_) consumers_.push_back(receiver_->consume(source));
  server_->statistics();

  publisher_->send({.sequence = 1, .payload = {0x65, 0x88, 0x55}});
  publisher_->send({.video = false, .sequence = 1});

  ASSERT_TRUE(viewer_->receive_until([&] { return viewer_->count(false) == 1; }));
  EXPECT_EQ(viewer_->count(true), 0u);
}

}  // namespace
}  // namespace kms::rtc
