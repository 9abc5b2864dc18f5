// SPDX-License-Identifier: Apache-2.0
// What jitter_buffer_ms does to packets that come late.
#include <gtest/gtest.h>

#include "elements/webrtc/test_session.hpp"
#include "tests/support/calm/calm.hpp"

namespace kms::webrtc {
namespace {

using std::chrono::milliseconds;
using test::LiveSession;

// A browser whose sound or pictures are unpacked at the endpoint "me".
class JitterTest : public testing::Test {
 protected:
  void begin(uint32_t jitter_buffer_ms, const std::string& taken) {
    v1::WebRtcOptions options;
    options.set_jitter_buffer_ms(jitter_buffer_ms);
    ASSERT_TRUE(
        session_.apply({endpoint("me", options), test::sink("taker", taken)}, {{"me", "taker"}}).ok());
    const auto joined = browser_.join();
    ASSERT_TRUE(joined.ok()) << joined;
    video_ = taken.starts_with("video");
    for (uint16_t i = 0; i < 5; ++i) send(i);
    ASSERT_TRUE(comes(5)) << session_.graph().DebugString();
  }
  // The packet, a frame of its own, of this number.
  void send(uint16_t number) {
    Browser::Peer::Frame frame{.video = video_, .key_frame = true};
    frame.sequence = number;
    frame.timestamp = number * (video_ ? 3000U : 960U);
    if (!video_) frame.payload = {0x08, 1, 2, 3};  // Opus, 20 ms
    browser_.peer().send(frame);
  }
  kms::v1::Bridge bridge() {
    const auto graph = session_.graph();
    return graph.bridges_size() == 1 ? graph.bridges(0) : kms::v1::Bridge();
  }
  // So many packets come, and so many frames of them are handed on.
  bool comes(size_t frames) {
    return test::eventually([&] { return session_.frames_at("taker") >= frames; });
  }
  void pass(milliseconds time) {
    browser_.peer().receive_until([] { return false; }, time);
  }
  // The packet after the next one and then, after `time`, the next one: both are used, in their order. Where
  // that took longer than a gap may hold up what is behind it, the test was held up, and it is tried again.
  void expect_order_again(milliseconds time, milliseconds patience) {
    milliseconds took{0};
    uint16_t next = 5;
    test::measure_again_if(
        [&] { return took >= patience; },
        [&] {
          const auto begin = std::chrono::steady_clock::now();
          const auto frames = session_.frames_at("taker");
          const auto before = bridge();
          send(static_cast<uint16_t>(next + 1));
          pass(time);
          EXPECT_EQ(session_.frames_at("taker"), frames) << "it waits";
          send(next);
          EXPECT_TRUE(test::eventually(
              [&] { return session_.frames_at("taker") == frames + 2 || bridge().late() > before.late(); }));
          took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
          const auto after = bridge();
          EXPECT_EQ(after.lost(), before.lost());
          EXPECT_EQ(after.late(), before.late());
          EXPECT_EQ(after.concealed(), before.concealed());
          next = static_cast<uint16_t>(next + 2);
        });
  }

  LiveSession session_{setup()};
  Browser browser_{session_, "me", {.publishes = true}};
  bool video_ = false;
};

constexpr auto kLate = milliseconds(250);

TEST_F(JitterTest, APictureThatComesWithinItIsUsed) {
  begin(1000, "video:VP8");

  expect_order_again(kLate, milliseconds(1000));
}

TEST_F(JitterTest, APictureThatComesBeyondItIsGivenUp) {
  begin(10, "video:VP8");
  send(6);
  EXPECT_TRUE(comes(6)) << "nothing waits any more";
  send(5);
  send(7);

  EXPECT_TRUE(comes(7));
  EXPECT_EQ(bridge().lost(), 1U);
  EXPECT_EQ(bridge().late(), 1U);
}

TEST_F(JitterTest, SoundInAnotherOrderIsUsed) {
  begin(1000, "audio:OPUS");

  expect_order_again(milliseconds(0), milliseconds(40));  // nobody is asked to send sound again
}

TEST_F(JitterTest, SoundThatComesBeyondItIsConcealed) {
  begin(10, "audio:OPUS");
  send(6);
  EXPECT_TRUE(comes(6));
  send(5);
  send(7);

  EXPECT_TRUE(comes(7));
  EXPECT_EQ(bridge().lost(), 1U);
  EXPECT_EQ(bridge().concealed(), 1U);
  EXPECT_EQ(bridge().late(), 1U);
}

}  // namespace
}  // namespace kms::webrtc
