// SPDX-License-Identifier: Apache-2.0
// Media made in this process on its way to a viewer.
#include "kms-core/rtc/local_source.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/tap.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

class LocalSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.threads = 2;
    options.announced = {"127.0.0.1"};
    server_ = std::move(*Server::start(options));
  }
  std::unique_ptr<LocalSource> source(Codec codec) {
    LocalSourceOptions options;
    options.codec = codec;
    options.on_key_frame_wanted = [this] { wanted_.release(); };
    return server_->create_local_source(options);
  }
  void watch(TestPeer& viewer, const SourceRef& source, int thread = -1) {
    receivers_.push_back(server_->create_peer({.near = source, .thread = thread}));
    consumers_.push_back(receivers_.back()->consume(source));
    ASSERT_TRUE(viewer.join(*receivers_.back()).ok());
    ASSERT_TRUE(viewer.connect());
    settle();
  }
  void settle() { kms::test::settle(*server_); }
  // A VP8 frame of two packets.
  static void push_frame(LocalSource& source, uint32_t timestamp, bool key_frame) {
    std::vector<uint8_t> payload(900, 0x55);
    payload[0] = 0x10;
    payload[1] = key_frame ? 0x00 : 0x01;
    payload[4] = 0x9d, payload[5] = 0x01, payload[6] = 0x2a;
    EXPECT_TRUE(source.push({payload, timestamp, false, Clock::now()}));
    payload[0] = 0x00;
    EXPECT_TRUE(source.push({payload, timestamp, true, Clock::now()}));
    source.flush();
  }

  std::counting_semaphore<> wanted_{0};
  std::unique_ptr<Server> server_;
  std::vector<std::unique_ptr<Peer>> receivers_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
};

TEST_F(LocalSourceTest, IsConsumedLikeThatOfAPeer) {
  const auto made = source(Codec::kVp8);
  TestPeer near({}), far({});
  watch(near, made->source(), 0);
  watch(far, made->source(), 1);
  ASSERT_TRUE(wanted_.try_acquire_for(std::chrono::seconds(20))) << "viewers begin with a key frame";

  push_frame(*made, 1000, false);
  for (uint32_t i = 0; i < 50; ++i) push_frame(*made, 4000 + 3000 * i, i == 0);

  for (auto* viewer : {&near, &far}) {
    ASSERT_TRUE(viewer->receive_until([&] { return viewer->count(true) == 100; }));
    const auto first = *RtpView::parse(viewer->rtp().front());
    EXPECT_EQ(first.timestamp(), 4000u);
    for (uint16_t i = 0; i < 100; ++i) {
      const auto view = *RtpView::parse(viewer->rtp()[i]);
      EXPECT_EQ(view.sequence(), static_cast<uint16_t>(first.sequence() + i));
      EXPECT_EQ(view.marker(), i % 2 == 1);
      EXPECT_EQ(view.payload().size(), 900u);
    }
  }
  EXPECT_EQ(made->dropped(), 0u);
}

TEST_F(LocalSourceTest, WhoComesSoonAfterAKeyFrameCatchesUp) {
  for (bool soon = false; !soon;) {
    const auto made = source(Codec::kVp8);
    TestPeer first({}), second({});
    watch(first, made->source(), 0);
    const auto at = Clock::now();
    push_frame(*made, 3000, true);
    push_frame(*made, 6000, false);
    ASSERT_TRUE(first.receive_until([&] { return first.count(true) == 4; }));
    watch(second, made->source(), 0);
    soon = Clock::now() - at < std::chrono::milliseconds(300);
    EXPECT_TRUE(!soon || second.receive_until([&] { return second.count(true) == 4; }));
  }
}

TEST_F(LocalSourceTest, CoalescesTheKeyFramesThatReceiversWant) {
  const auto made = source(Codec::kVp8);
  const auto tap = server_->tap(made->source(), {});
  ASSERT_TRUE(wanted_.try_acquire_for(std::chrono::seconds(20)));
  const auto begin = Clock::now();
  for (int i = 0; i < 200; ++i) {
    tap->want_key_frame();
    settle();
  }
  ASSERT_TRUE(wanted_.try_acquire_for(std::chrono::seconds(20))) << "a request is not forgotten";
  size_t calls = 1;
  while (wanted_.try_acquire()) ++calls;
  EXPECT_LE(calls, 1u + static_cast<size_t>((Clock::now() - begin) / std::chrono::milliseconds(500)));
}

TEST_F(LocalSourceTest, CarriesSoundAndItsCaptureTimeToATap) {
  const auto made = source(Codec::kOpus);
  std::counting_semaphore<> there{0};
  const auto tap = server_->tap(made->source(), {16, [&] { there.release(); }});
  settle();  // the tap is there before the first packet
  const auto captured = Clock::now() - std::chrono::milliseconds(80);
  const std::vector<uint8_t> payload(80, 7);

  ASSERT_TRUE(made->push({payload, 960, false, captured}));
  made->flush();

  ASSERT_TRUE(there.try_acquire_for(std::chrono::seconds(20)));
  PacketRef packet;
  ASSERT_TRUE(tap->pop(packet));
  EXPECT_EQ(packet->captured, captured);
  EXPECT_TRUE(std::ranges::equal(packet->media(), payload));
}

TEST_F(LocalSourceTest, SaysWhatItIs) {
  LocalSourceOptions options;
  options.codec = Codec::kH264;
  options.cname = "kms-7";
  const auto made = server_->create_local_source(options);
  EXPECT_EQ(made->source()->cname(), "kms-7");
  EXPECT_NE(made->source()->parameters().find("packetization-mode=1"), std::string::npos);
  EXPECT_NE(source(Codec::kVp8)->source()->cname(), source(Codec::kVp8)->source()->cname());
}

TEST_F(LocalSourceTest, WhatItRefusesIsCountedAndLeavesAGap) {
  const auto made = source(Codec::kVp8);
  std::counting_semaphore<> there{0};
  const auto tap = server_->tap(made->source(), {16, [&] { there.release(); }});
  settle();  // the tap is there before the first packet
  const std::vector<uint8_t> large(2000);
  const auto small = Bytes(large).first(10);

  ASSERT_TRUE(made->push({small, 3000, true}));
  EXPECT_FALSE(made->push({large, 6000, true}));
  EXPECT_FALSE(made->push({large, 9000, true}));
  ASSERT_TRUE(made->push({small, 12'000, true}));
  made->flush();

  ASSERT_TRUE(there.try_acquire_for(std::chrono::seconds(20)));
  PacketRef before, after;
  ASSERT_TRUE(tap->pop(before) && tap->pop(after));
  EXPECT_EQ(made->dropped(), 2u);
  EXPECT_EQ(after->index, before->index + 3) << "receivers are to see that something is missing";
  EXPECT_TRUE(wanted_.try_acquire_for(std::chrono::seconds(20))) << "only a key frame mends the picture";
}

TEST_F(LocalSourceTest, AFrameLargerThanItsRoomIsSentWhileItIsMade) {
  const auto made = source(Codec::kVp8);
  std::counting_semaphore<> there{0};
  const auto tap = server_->tap(made->source(), {1024, [&] { there.release(); }});
  settle();  // the tap is there before the first packet
  const std::vector<uint8_t> payload(1000);
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(made->push({payload, 3000, false}));
  EXPECT_TRUE(there.try_acquire_for(std::chrono::seconds(20)))
      << "nobody flushed it, but it is more than half full";
}

TEST_F(LocalSourceTest, SendsWhatWasPushedBeforeItsEnd) {
  auto made = source(Codec::kOpus);
  TestPeer viewer({});
  watch(viewer, made->source());
  const std::vector<uint8_t> payload(80);
  for (uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(made->push({payload, i * 960}));
  made.reset();
  EXPECT_TRUE(viewer.receive_until([&] { return viewer.count(false) == 3; }));
}

TEST_F(LocalSourceTest, SurvivesItsServer) {
  const auto made = source(Codec::kVp8);
  server_.reset();
  push_frame(*made, 1, true);
  EXPECT_EQ(made->source()->codec(), Codec::kVp8);
}

// RFC 8830 allows 64 characters of a token. Who parses it by the letter refuses the whole description
// otherwise.
TEST_F(LocalSourceTest, IsNamedInDescriptionsByAToken) {
  LocalSourceOptions options;
  options.codec = Codec::kVp8;
  options.cname = "sessions/" + std::string(63, 's') + "/elements/player";
  const auto made = server_->create_local_source(options);
  const auto peer = server_->create_peer({});
  const auto consumer = peer->consume(made->source());
  TestPeer viewer({});

  ASSERT_TRUE(viewer.join(*peer).ok());

  const auto& media = viewer.answer().media[1];
  EXPECT_EQ(media.stream_id, std::string(48, 's') + "-elements-player");
  ASSERT_FALSE(media.ssrcs.empty());
  EXPECT_EQ(media.ssrcs.front().cname, options.cname);
}

}  // namespace
}  // namespace kms::rtc
