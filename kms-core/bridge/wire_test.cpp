// SPDX-License-Identifier: Apache-2.0
// Real media over a socket that loses, disorders and garbles it: what comes out of an RtpToGst then.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

#include "kms-core/bridge/incoming_track.hpp"
#include "kms-core/bridge/rtp_chains.hpp"
#include "kms-core/bridge/test_rig.hpp"
#include "kms-core/gst/codecs.hpp"
#include "tests/support/level/process_level.hpp"

namespace kms::bridge {
namespace {

using kms::test::Feeder;
using kms::test::Taker;
using std::chrono::milliseconds;
using test::Listener;
using test::Rig;
using test::Wire;

constexpr milliseconds kWirePatience{60};

class WireTest : public testing::Test {
 protected:
  void begin_pictures(const std::string& codec, rtc::Codec rtc_codec, const std::string& pattern = "ball") {
    feeder_.emplace(test::picture_source(codec, pattern), Feeder::Pace::kRealTime);
    begin(rtc_codec, feeder_->fan_out("video"));
  }
  void begin_sound(const std::string& codec, rtc::Codec rtc_codec) {
    feeder_.emplace(test::tone_source(codec, 440), Feeder::Pace::kRealTime);
    begin(rtc_codec, feeder_->fan_out("audio"));
  }
  void begin(rtc::Codec codec, const std::shared_ptr<gst::FanOut>& from) {
    wire_ = std::make_unique<Wire>(rig_, rig_.packetize(codec, from));
    frames_ = rig_.unpack(wire_->source(), patience_);
    encoded_.inlet()->attach(frames_);
    feeder_->start();
  }

  milliseconds patience_ = kWirePatience;
  Rig rig_;
  std::optional<Feeder> feeder_;
  std::unique_ptr<Wire> wire_;
  std::shared_ptr<gst::FanOut> frames_;
  Taker encoded_{"encoded"};  // ends first
};

TEST_F(WireTest, AfterALossPicturesGoOnWithAKeyFrameThatWasAskedFor) {
  begin_pictures("VP8", rtc::Codec::kVp8);
  Taker decoded("decoded");
  decoded.inlet()->attach(rig_.decode(frames_, *gst::decoder_chain("VP8")));
  size_t before = 0;  // frames that were whole when the loss came
  const auto lose_three = [&](Wire::Frame& frame, uint32_t n) {
    if (n < 60 && frame.marker) ++before;
    return n < 60 || n > 62;
  };
  ASSERT_TRUE(wire_->carry(40, lose_three));
  ASSERT_TRUE(encoded_.wait_frames(5));
  const auto asked = wire_->asked_for_key_frame();

  ASSERT_TRUE(wire_->carry(150, lose_three));

  EXPECT_GT(wire_->asked_for_key_frame(), asked);
  ASSERT_TRUE(encoded_.wait_frames(before + 10));
  EXPECT_TRUE(encoded_.frames()[before].key);
  EXPECT_EQ(rig_.stats().lost, 3U);
  EXPECT_GE(rig_.stats().waited_us, 60000U);
  const auto last = encoded_.frames().back().pts;
  EXPECT_TRUE(
      decoded.wait_for([&](const auto& frames) { return !frames.empty() && frames.back().pts >= last; }));
}

TEST_F(WireTest, WhatComesInAnotherOrderIsNoLoss) {
  patience_ = std::chrono::seconds(10);  // with whoever sends the other one
  begin_pictures("VP8", rtc::Codec::kVp8);
  std::optional<Wire::Frame> kept;
  size_t frames = 0;
  const auto swap_pairs = [&](Wire::Frame& frame, uint32_t n) {
    frames += frame.marker ? 1 : 0;
    if (n < 10 || n % 5 > 1) return true;
    if (n % 5 == 0) {
      kept = frame;
      return false;
    }
    wire_->send(frame);
    wire_->send(*kept);
    return false;
  };

  ASSERT_TRUE(wire_->carry(120, swap_pairs));

  EXPECT_TRUE(encoded_.wait_frames(frames)) << encoded_.frames().size() << " of " << frames;
  EXPECT_EQ(rig_.stats().lost, 0U);
}

TEST_F(WireTest, SequenceNumbersAndTimeStampsWrap) {
  begin_pictures("VP8", rtc::Codec::kVp8);
  std::optional<uint32_t> first;
  size_t count = 0;

  ASSERT_TRUE(wire_->carry(150, [&](Wire::Frame& frame, uint32_t n) {
    if (!first) first = frame.timestamp;
    count += frame.marker ? 1 : 0;
    const uint32_t index = 65500 + n;
    frame.sequence = static_cast<uint16_t>(index);
    frame.wraps = index >> 16;
    frame.timestamp = frame.timestamp - *first + 0xfffe0000U;  // 1.5 s before it wraps
    return true;
  }));

  ASSERT_TRUE(encoded_.wait_frames(count)) << encoded_.frames().size() << " of " << count;
  const auto frames = encoded_.frames();
  for (size_t i = 1; i < frames.size(); ++i) EXPECT_GT(frames[i].pts, frames[i - 1].pts) << i;
  EXPECT_EQ(rig_.stats().lost, 0U);
}

TEST_F(WireTest, ASourceThatBeginsAnewIsTakenUpWithAKeyFrame) {
  begin_pictures("VP8", rtc::Codec::kVp8);
  ASSERT_TRUE(wire_->carry(40));

  ASSERT_TRUE(wire_->carry(150, [](Wire::Frame& frame, uint32_t) {
    frame.sequence = static_cast<uint16_t>(frame.sequence + 20000);
    return true;
  }));

  ASSERT_TRUE(encoded_.wait_for([](const auto& frames) {
    return frames.size() > 10 && frames.back().pts - frames.front().pts > 2 * GST_SECOND;
  }));
  EXPECT_LT(rig_.stats().lost, 10U);
}

// How much later than the quickest of them the latest frame of 20 ms came, in milliseconds.
double latest_of(const std::vector<kms::test::Frame>& frames) {
  std::vector<double> ways;
  for (const auto& frame : frames)
    ways.push_back(static_cast<double>(frame.came) / GST_MSECOND - 20 * static_cast<double>(ways.size()));
  const auto [quickest, slowest] = std::ranges::minmax(ways);
  return slowest - quickest;
}

// A phone that was called back: another SSRC on the same line, with numbers and time stamps of its own.
TEST_F(WireTest, AnotherSsrcGoesOnInTime) {
  begin_sound("OPUS", rtc::Codec::kOpus);
  ASSERT_TRUE(wire_->carry(50));
  std::optional<uint32_t> first;

  ASSERT_TRUE(wire_->carry(100, [&](Wire::Frame& frame, uint32_t) {
    if (!first) first = frame.timestamp;
    frame.ssrc = 4711;
    frame.sequence = static_cast<uint16_t>(frame.sequence + 30000);
    frame.timestamp = frame.timestamp - *first + 0x70000000U;
    return true;
  }));

  ASSERT_TRUE(encoded_.wait_frames(150)) << encoded_.frames().size();
  const auto frames = encoded_.frames();
  for (size_t i = 1; i < frames.size(); ++i) ASSERT_GT(frames[i].pts, frames[i - 1].pts) << i;
  const auto length = static_cast<double>(frames.back().pts - frames.front().pts) / GST_MSECOND;
  // What arrives late just at the change, or at the beginning, or for long, goes on later.
  EXPECT_NEAR(length, 149 * 20, 100 + latest_of(frames));
  EXPECT_EQ(rig_.stats().lost, 0U);
}

TEST_F(WireTest, PicturesOfAnotherSsrcBeginWithAKeyFrameAndGoOnInTime) {
  begin_pictures("VP8", rtc::Codec::kVp8);
  Taker decoded("decoded");
  decoded.inlet()->attach(rig_.decode(frames_, *gst::decoder_chain("VP8")));
  ASSERT_TRUE(wire_->carry(40));
  ASSERT_TRUE(encoded_.wait_frames(5));
  const auto before = encoded_.frames().back().pts;

  ASSERT_TRUE(wire_->carry(150, [](Wire::Frame& frame, uint32_t) {
    frame.ssrc = 4711;
    frame.sequence = static_cast<uint16_t>(frame.sequence + 30000);
    frame.timestamp += 0x70000000U;
    return true;
  }));

  const auto goes_on = [&](const auto& frames) {
    return !frames.empty() && frames.back().pts > before + GST_SECOND;
  };
  ASSERT_TRUE(encoded_.wait_for(goes_on));
  const auto frames = encoded_.frames();
  for (size_t i = 1; i < frames.size(); ++i) ASSERT_GT(frames[i].pts, frames[i - 1].pts) << i;
  EXPECT_LT(frames.back().pts, before + 10 * GST_SECOND);
  EXPECT_TRUE(decoded.wait_for(goes_on));
}

class TurnTest : public WireTest, public testing::WithParamInterface<std::pair<const char*, rtc::Codec>> {};

TEST_P(TurnTest, PicturesAreTurnedAsTheirSenderSays) {
  const auto [name, codec] = GetParam();
  begin_pictures(name, codec, "smpte");
  Taker decoded("decoded", {.chain = "videoconvert ! capsfilter caps=video/x-raw,format=I420"});
  decoded.inlet()->attach(rig_.decode(frames_, *gst::decoder_chain(name, gst::CameAs::kPackets)));
  const auto luma = [&] { return static_cast<uint8_t>(decoded.frames().back().first_bytes[0]); };
  const auto shows = [&](const std::string& size, int corner) {
    return kms::test::eventually([&] {
      return decoded.wait_frames(1) && decoded.caps().find(size) != std::string::npos &&
             std::abs(luma() - corner) < 12;
    });
  };
  const auto carry = [&](uint8_t orientation) {
    return wire_->carry(90, [&](Wire::Frame& frame, uint32_t) {
      if (frame.marker) frame.orientation = orientation;
      return true;
    });
  };

  ASSERT_TRUE(carry(0));
  EXPECT_TRUE(shows("width=(int)320, height=(int)240", 235)) << decoded.caps() << int{luma()} << " white";
  ASSERT_TRUE(carry(1));  // its left lower corner is what becomes the left upper one
  EXPECT_TRUE(shows("width=(int)240, height=(int)320", 16)) << decoded.caps() << int{luma()} << " dark blue";
  ASSERT_TRUE(wire_->carry(30)) << "what is not said anew stays";
  EXPECT_NE(decoded.caps().find("width=(int)240"), std::string::npos);
  ASSERT_TRUE(carry(0));
  EXPECT_TRUE(shows("width=(int)320, height=(int)240", 235)) << decoded.caps() << int{luma()};
}

INSTANTIATE_TEST_SUITE_P(Codecs, TurnTest,
                         testing::Values(std::pair{"VP8", rtc::Codec::kVp8},
                                         std::pair{"H264", rtc::Codec::kH264}),
                         [](const auto& kind) { return kind.param.first; });

TEST_F(WireTest, GarbageDoesNoHarm) {
  begin_pictures("VP8", rtc::Codec::kVp8);
  Taker decoded("decoded");
  decoded.inlet()->attach(rig_.decode(frames_, *gst::decoder_chain("VP8")));
  ASSERT_TRUE(wire_->carry(30));
  uint32_t state = 7;
  const auto garble = [&](Wire::Frame& frame, uint32_t n) {
    for (auto& byte : frame.payload) {
      state = state * 1664525 + 1013904223;
      byte = static_cast<uint8_t>(state >> 24);
    }
    if (n % 3 == 0) frame.payload.resize(1 + n % 7);
    return true;
  };

  ASSERT_TRUE(wire_->carry(60, garble));
  const auto before = decoded.frames().size();
  rig_.ask_encoder_for_key_frame();
  ASSERT_TRUE(wire_->carry(90));

  EXPECT_TRUE(decoded.wait_frames(before + 10));
}

TEST_F(WireTest, LostSoundIsConcealedToItsLength) {
  begin_sound("OPUS", rtc::Codec::kOpus);
  Listener listener;
  listener.attach(rig_.decode(frames_, *gst::decoder_chain("OPUS", gst::CameAs::kPackets)));

  ASSERT_TRUE(wire_->carry(150, [](Wire::Frame&, uint32_t n) { return n % 10 != 5; }));

  ASSERT_TRUE(listener.wait_for(milliseconds(2900)));
  EXPECT_EQ(rig_.stats().concealed, 15U);
  EXPECT_LE(listener.longest_hole(), milliseconds(3));
  EXPECT_NEAR(listener.frequency(), 440, 15);
  EXPECT_GT(listener.loudness(), 0.09);
  EXPECT_TRUE(encoded_.wait_frames(135));
}

// RFC 2198: Opus with what the packet before it had in front.
std::vector<uint8_t> repeating(const std::vector<uint8_t>& before, uint32_t ticks_back,
                               const std::vector<uint8_t>& sound) {
  constexpr uint8_t kType = rtc::test::TestPeer::kAudioType;
  std::vector<uint8_t> payload{0x80 | kType, 0, 0, 0, kType};
  rtc::store_u24(&payload[1], ticks_back << 10 | static_cast<uint32_t>(before.size()));
  payload.insert(payload.end(), before.begin(), before.end());
  payload.insert(payload.end(), sound.begin(), sound.end());
  return payload;
}

TEST_F(WireTest, SoundThatRepeatsItselfIsWholeThoughPacketsAreLost) {
  begin_sound("OPUS", rtc::Codec::kOpus);
  Listener listener;
  listener.attach(rig_.decode(frames_, *gst::decoder_chain("OPUS", gst::CameAs::kPackets)));
  Wire::Frame before;

  ASSERT_TRUE(wire_->carry(150, [&](Wire::Frame& frame, uint32_t n) {
    const auto sound = frame;
    if (n > 0) {
      frame.payload = repeating(before.payload, frame.timestamp - before.timestamp, frame.payload);
      frame.type = Wire::kRedType;
    }
    before = sound;
    return n % 10 != 5;
  }));

  ASSERT_TRUE(listener.wait_for(milliseconds(2900)));
  EXPECT_TRUE(encoded_.wait_frames(150)) << encoded_.frames().size();
  EXPECT_EQ(rig_.stats().concealed, 0U);
  EXPECT_EQ(rig_.stats().lost, 0U);
  EXPECT_LE(listener.longest_hole(), milliseconds(3));
  EXPECT_NEAR(listener.frequency(), 440, 3);
}

TEST_F(WireTest, ASendersPauseIsNotConcealed) {
  begin_sound("OPUS", rtc::Codec::kOpus);
  Listener listener;
  listener.attach(rig_.decode(frames_, *gst::decoder_chain("OPUS", gst::CameAs::kPackets)));
  uint16_t sequence = 0;

  ASSERT_TRUE(wire_->carry(100, [&](Wire::Frame& frame, uint32_t n) {
    frame.sequence = sequence;
    const bool speaks = n < 40 || n >= 60;
    if (speaks) ++sequence;
    return speaks;
  }));

  ASSERT_TRUE(listener.wait_for(milliseconds(1500)));
  EXPECT_EQ(rig_.stats().concealed, 0U);
  EXPECT_EQ(rig_.stats().lost, 0U);
  EXPECT_NEAR(static_cast<double>(listener.longest_hole().count()), 400, 40);
}

// A publisher of sound, and a track that works when the test has it work, at the time that the test says.
class HeldUpTest : public testing::Test {
 protected:
  HeldUpTest() {
    const auto answer = publisher_.join(*peer_);
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_TRUE(publisher_.connect());
    track_.taps().open(rig_.rtc().tap(answer->sources.at(0), {}), 1);
    witness_ = rig_.rtc().tap(answer->sources.at(0), {});
    rig_.rtc().statistics();  // both taps are there
  }
  // Sends it, and waits until it has come to a tap.
  void send(uint16_t sequence) {
    publisher_.send({.video = false,
                     .sequence = sequence,
                     .timestamp = sequence * 960U,
                     .payload = {0x08, 1, 2, 3}});  // Opus, 20 ms
    rtc::PacketRef packet;
    EXPECT_TRUE(kms::test::eventually([&] { return witness_->pop(packet); })) << sequence;
  }

  Rig rig_;
  rtc::test::TestPeer publisher_{{.publishes = true}};
  std::unique_ptr<rtc::Peer> peer_ = rig_.rtc().create_peer({});
  std::unique_ptr<rtc::Tap> witness_;
  IncomingTrack track_{rtc::Codec::kOpus, std::make_shared<gst::FanOut>(), kWirePatience};
  std::shared_ptr<gst::PushSource> out_ = gst::PushSource::create(
      "out", rtp_caps(rtc::Codec::kOpus, {}), [](gst::PushSource&) { return std::nullopt; });
  gst::Ref<GstElement> element_ = gst::Ref<GstElement>::sink(out_->element());
};

TEST_F(HeldUpTest, WhatIsMissingIsLookedForInTheTapBeforeItIsGivenUp) {
  const auto begin = rtc::Clock::now();
  const auto took = [&](rtc::TimePoint now, uint64_t packets) {
    return kms::test::eventually([&] {
      track_.work(*out_, now);
      return track_.stats().packets == packets;
    });
  };
  for (const uint16_t number : std::array<uint16_t, 3>{1, 2, 4}) send(number);
  ASSERT_TRUE(took(begin, 3));
  for (const uint16_t number : std::array<uint16_t, 3>{5, 3, 6}) send(number);  // with 6, all are there

  ASSERT_TRUE(took(begin + std::chrono::seconds(1), 6));

  EXPECT_EQ(track_.stats().late, 0U);
  EXPECT_EQ(track_.stats().lost, 0U);
  EXPECT_EQ(track_.stats().concealed, 0U);
}

TEST(BridgeLives, EverythingComesBackWhenABridgeEndsWhileMediaFlows) {
  g_thread_pool_set_max_unused_threads(0);  // GLib keeps those that have nothing to do for 15 s
  Rig rig;
  Feeder camera(test::picture_source("VP8", "ball"), Feeder::Pace::kRealTime);
  Feeder microphone(test::tone_source("OPUS", 300), Feeder::Pace::kRealTime);
  camera.start();
  microphone.start();
  const auto live = [&] {
    Taker pictures("pictures"), sound("sound");
    pictures.inlet()->attach(
        rig.unpack(rig.packetize(rtc::Codec::kVp8, camera.fan_out("video")), kWirePatience));
    sound.inlet()->attach(
        rig.unpack(rig.packetize(rtc::Codec::kOpus, microphone.fan_out("audio")), kWirePatience));
    ASSERT_TRUE(pictures.wait_frames(1) && sound.wait_frames(1));
    rig.clear();
  };
  live();
  const auto before = kms::test::ProcessLevel::now();

  for (int i = 0; i < 20; ++i) live();

  EXPECT_TRUE(kms::test::came_back_to(before));
}

}  // namespace
}  // namespace kms::bridge
