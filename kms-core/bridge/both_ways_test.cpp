// SPDX-License-Identifier: Apache-2.0
// Media from the media plane to the RTP plane and back, looked at where it comes out.
#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/bridge/test_rig.hpp"
#include "kms-core/gst/codecs.hpp"

namespace kms::bridge {
namespace {

using kms::test::Feeder;
using kms::test::Frame;
using kms::test::Taker;
using std::chrono::milliseconds;
using test::Listener;
using test::Rig;

struct Kind {
  rtc::Codec codec;
  const char* name;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

// The frame of `frames` whose time stamp is that of `frame`, within a millisecond.
const Frame* same_time(const std::vector<Frame>& frames, const Frame& frame) {
  const auto found = std::find_if(frames.begin(), frames.end(), [&](const Frame& other) {
    return other.pts < frame.pts + GST_MSECOND && frame.pts < other.pts + GST_MSECOND;
  });
  return found == frames.end() ? nullptr : &*found;
}

// The median of how much later frames came to `there` than to `here`, in milliseconds.
double delay_between(const Taker& here, const Taker& there) {
  std::vector<double> delays;
  const auto came = there.frames();
  EXPECT_TRUE(here.wait_for([&](const auto& frames) { return frames.back().pts >= came.back().pts; }));
  const auto sent = here.frames();
  for (const auto& frame : came) {
    const auto* origin = same_time(sent, frame);
    if (origin == nullptr) ADD_FAILURE() << "a time stamp that is no frame's: " << frame.pts;
    if (origin == nullptr) continue;
    const auto later =
        static_cast<GstClockTimeDiff>(frame.came) - static_cast<GstClockTimeDiff>(origin->came);
    delays.push_back(static_cast<double>(later) / static_cast<double>(GST_MSECOND));
  }
  std::sort(delays.begin(), delays.end());
  return delays.empty() ? 1e9 : delays[delays.size() / 2];
}

class PicturesTest : public testing::TestWithParam<Kind> {};

TEST_P(PicturesTest, ComeBackAsTheyWereAtTheirTimes) {
  Rig rig;
  Feeder feeder(test::picture_source(GetParam().name, "red"), Feeder::Pace::kRealTime);
  const auto packets = rig.packetize(GetParam().codec, feeder.fan_out("video"));
  const auto frames = rig.unpack(packets, milliseconds(100));
  const auto pictures = rig.decode(frames, *gst::decoder_chain(GetParam().name, gst::CameAs::kPackets));
  Taker sent("sent"), encoded("encoded"),
      decoded("decoded", {.chain = "videoconvert ! capsfilter caps=video/x-raw,format=I420"});
  sent.inlet()->attach(feeder.fan_out("video"));
  encoded.inlet()->attach(frames);
  decoded.inlet()->attach(pictures);

  feeder.start();

  ASSERT_TRUE(decoded.wait_frames(40)) << testing::PrintToString(rig.errors());
  ASSERT_TRUE(encoded.wait_frames(40));
  EXPECT_NE(decoded.caps().find("width=(int)320, height=(int)240"), std::string::npos) << decoded.caps();
  EXPECT_TRUE(encoded.frames().front().key);
  for (const auto& frame : decoded.frames()) {
    ASSERT_NEAR(static_cast<uint8_t>(frame.first_bytes[0]), 81, 6) << "red has this luma";
  }
  const auto delay = delay_between(sent, encoded);
  RecordProperty("delay_us", static_cast<int>(delay * 1000));
  EXPECT_LT(delay, 20) << "milliseconds; nothing waits for the jitter buffer";
  EXPECT_LT(delay_between(sent, decoded), 90);
  EXPECT_EQ(rig.stats().lost, 0U);
  EXPECT_EQ(rig.errors(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Codecs, PicturesTest,
                         testing::Values(Kind{rtc::Codec::kVp8, "VP8"}, Kind{rtc::Codec::kVp9, "VP9"},
                                         Kind{rtc::Codec::kH264, "H264"}, Kind{rtc::Codec::kH265, "H265"}),
                         [](const auto& kind) { return kind.param.name; });

class SoundTest : public testing::TestWithParam<Kind> {};

TEST_P(SoundTest, ComesBackAsItWasAtItsTimes) {
  Rig rig;
  Feeder feeder(test::tone_source(GetParam().name, 440), Feeder::Pace::kRealTime);
  const auto packets = rig.packetize(GetParam().codec, feeder.fan_out("audio"));
  const auto frames = rig.unpack(packets, milliseconds(100));
  const auto sound = rig.decode(frames, *gst::decoder_chain(GetParam().name, gst::CameAs::kPackets));
  Taker encoded("encoded");
  Listener listener;
  encoded.inlet()->attach(frames);
  listener.attach(sound);

  feeder.start();

  ASSERT_TRUE(listener.wait_for(milliseconds(1500))) << testing::PrintToString(rig.errors());
  EXPECT_NEAR(listener.frequency(), 440, 5);
  EXPECT_NEAR(listener.loudness(), 0.125, 0.03) << "a sine of half the full scale";
  EXPECT_LE(listener.longest_hole(), milliseconds(1));
  const auto frames_seen = encoded.frames();
  for (size_t i = 2; i < frames_seen.size(); ++i) {  // the encoder's first one is a little shorter
    EXPECT_NEAR(static_cast<double>(frames_seen[i].pts - frames_seen[i - 1].pts), 20e6, 1e6) << i;
    EXPECT_EQ(frames_seen[i].duration, 20 * GST_MSECOND);
  }
  EXPECT_EQ(rig.stats().concealed, 0U);
  EXPECT_EQ(rig.errors(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Codecs, SoundTest,
                         testing::Values(Kind{rtc::Codec::kOpus, "OPUS"}, Kind{rtc::Codec::kPcmu, "PCMU"},
                                         Kind{rtc::Codec::kPcma, "PCMA"}, Kind{rtc::Codec::kG722, "G722"}),
                         [](const auto& kind) { return kind.param.name; });

TEST(Bridges, SayWhichCodecsTheyDoNotKnow) {
  EXPECT_FALSE(RtpToGst::knows(rtc::Codec::kAv1));
  EXPECT_FALSE(GstToRtp::knows(rtc::Codec::kAv1));
  Rig rig;
  rig.host().on_loop([&] {
    const auto made =
        GstToRtp::create(rig.rtc(), rig.host().processing(), {.name = "none", .codec = rtc::Codec::kAv1});
    EXPECT_EQ(reason_of(made.status()), "CODEC_UNSUPPORTED");
  });
}

TEST(Bridges, SoundAndPicturesKeepTheTimeBetweenThem) {
  Rig rig;
  Feeder camera(test::picture_source("VP8", "ball"), Feeder::Pace::kRealTime);
  Feeder microphone(test::tone_source("OPUS", 300), Feeder::Pace::kRealTime);
  Taker seen("seen"), pictures("pictures"), heard("heard"), sound("sound");
  seen.inlet()->attach(camera.fan_out("video"));
  heard.inlet()->attach(microphone.fan_out("audio"));
  pictures.inlet()->attach(
      rig.unpack(rig.packetize(rtc::Codec::kVp8, camera.fan_out("video")), milliseconds(100)));
  sound.inlet()->attach(
      rig.unpack(rig.packetize(rtc::Codec::kOpus, microphone.fan_out("audio")), milliseconds(100)));

  camera.start();
  microphone.start();

  ASSERT_TRUE(pictures.wait_frames(20) && sound.wait_frames(20));
  EXPECT_LT(delay_between(seen, pictures), 20);
  EXPECT_LT(delay_between(heard, sound), 20);
}

}  // namespace
}  // namespace kms::bridge
