// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/media_source.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/rtp/key_frame.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/rtp/vp8_descriptor.hpp"

namespace kms::rtc::loadtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Stamps kStamps(99);

// What a source has sent, each packet with its time.
struct Sent {
  TimePoint at;
  std::vector<uint8_t> bytes;
  RtpView view() const { return *RtpView::parse(bytes); }
};

template <typename Source>
std::vector<Sent> run(Source& source, TimePoint& now, Duration time) {
  std::vector<Sent> sent;
  for (const auto end = now + time; now < end; now += milliseconds(1)) {
    source.on_time(now, [&](const PlainRtp& packet) {
      sent.push_back({now, {packet.bytes.begin(), packet.bytes.end()}});
    });
  }
  return sent;
}

size_t key_frames_in(const std::vector<Sent>& sent) {
  return static_cast<size_t>(std::ranges::count_if(
      sent, [](const Sent& packet) { return starts_key_frame(Codec::kVp8, packet.view().payload()); }));
}

class Video : public testing::Test {
 protected:
  TimePoint now_{seconds(100)};
  Clip clip_ = made_clip({.frames_per_second = 25, .bitrate_bps = 1e6, .seconds = 2});
  VideoSource source_{clip_, {.ssrc = 1, .payload_type = 96}, {kStamps, 5, 1000}};
};

TEST_F(Video, SendsNothingBeforeItsStart) { EXPECT_TRUE(run(source_, now_, seconds(1)).empty()); }

TEST_F(Video, GoesThroughTheClipAgainAndAgain) {
  source_.start(now_);

  const auto sent = run(source_, now_, seconds(10));

  EXPECT_EQ(key_frames_in(sent), 5u);
  EXPECT_EQ(source_.key_frames(), 5u);
  const auto frames = std::ranges::count_if(sent, [](const Sent& packet) { return packet.view().marker(); });
  EXPECT_EQ(frames, 250);
  size_t bytes = 0;
  for (const auto& packet : sent) bytes += packet.view().payload().size();
  EXPECT_NEAR(static_cast<double>(bytes) * 8 / 10, 1e6, 1e5);
}

TEST_F(Video, NumbersPicturesAndTellsTheirTime) {
  source_.start(now_);

  uint16_t picture = 0;
  uint32_t timestamp = 0;
  for (const auto& packet : run(source_, now_, seconds(2))) {
    const auto descriptor = Vp8Descriptor::parse(packet.view().payload());
    ASSERT_TRUE(descriptor && descriptor->picture_id);
    if (descriptor->starts_frame()) {
      EXPECT_EQ(*descriptor->picture_id, picture + 1);
      EXPECT_EQ(packet.view().timestamp(), picture == 0 ? 1000 : timestamp + 3600);
      picture = *descriptor->picture_id;
      timestamp = packet.view().timestamp();
    }
    EXPECT_EQ(packet.view().timestamp(), timestamp);
  }
  EXPECT_EQ(picture, 50);
}

TEST_F(Video, StampsTheLastPacketOfAFrameWhenItLeaves) {
  source_.start(now_);

  for (const auto& packet : run(source_, now_, seconds(2))) {
    const auto stamp = kStamps.read(packet.view().payload());
    ASSERT_EQ(stamp.has_value(), packet.view().marker());
    if (!stamp) continue;
    EXPECT_EQ(stamp->sent, packet.at);
    EXPECT_EQ(stamp->room, 5u);
  }
}

TEST_F(Video, SpreadsALargeFrame) {
  source_.start(now_);

  const auto sent = run(source_, now_, milliseconds(500));

  const auto last = std::ranges::find_if(sent, [](const Sent& packet) { return packet.view().marker(); });
  EXPECT_GT(last - sent.begin(), 15);
  EXPECT_GT(last->at - sent.front().at, milliseconds(50))
      << "five times as large, at two and a half times the rate";
}

TEST_F(Video, GoesToAKeyFrameWhenItIsAskedForOneButNotTooOften) {
  source_.start(now_);
  run(source_, now_, milliseconds(500));

  source_.want_key_frame();
  EXPECT_EQ(key_frames_in(run(source_, now_, milliseconds(100))), 1u);
  source_.want_key_frame();
  EXPECT_EQ(key_frames_in(run(source_, now_, milliseconds(180))), 0u);
  EXPECT_EQ(key_frames_in(run(source_, now_, milliseconds(100))), 1u);
}

TEST_F(Video, LeavesOutWhatItHadNoTimeFor) {
  source_.start(now_);
  run(source_, now_, milliseconds(100));

  now_ += seconds(60);

  EXPECT_LT(run(source_, now_, milliseconds(1)).size(), 5u);
}

TEST(Audio, SendsFiftyPacketsOfOpusInASecond) {
  AudioSource source({.ssrc = 2, .payload_type = 111, .clock_rate = 48000}, {kStamps, 5, 1000});
  TimePoint now{seconds(100)};
  EXPECT_TRUE(run(source, now, milliseconds(100)).empty());
  source.start(now);

  const auto sent = run(source, now, seconds(1));

  ASSERT_EQ(sent.size(), 50u);
  for (size_t i = 0; i < sent.size(); ++i) {
    const auto view = sent[i].view();
    EXPECT_EQ(view.timestamp(), 1000 + i * 960);
    EXPECT_EQ(view.payload().size(), AudioSource::kPacketSize);
    EXPECT_EQ(kStamps.read(view.payload())->sent, sent[i].at);
  }
}

}  // namespace
}  // namespace kms::rtc::loadtest
