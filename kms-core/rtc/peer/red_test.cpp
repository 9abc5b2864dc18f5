// SPDX-License-Identifier: Apache-2.0
// Sound that repeats what came before (RFC 2198): handed on as it is to those who agreed on it, without the
// repetition to all others, for whom what was lost is taken out of it.
#include "kms-core/rtc/rtp/red.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <optional>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/tap.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

constexpr uint8_t kRed = 63;
constexpr uint32_t kTicks = 960;

// The sound of packet `number`.
test::Packet sound(uint16_t number) { return test::Packet(40 + number % 7, static_cast<uint8_t>(number)); }

// Repeats those of `earlier`, the oldest first.
test::Packet red(uint16_t number, const std::vector<uint16_t>& earlier) {
  test::Packet head;
  test::Packet blocks;
  for (const auto one : earlier) {
    const auto size = sound(one).size();
    const auto packed = static_cast<uint32_t>((number - one) * kTicks << 10 | size);
    head.insert(head.end(), {0x80 | TestPeer::kAudioType, 0, 0, 0});
    store_u24(&head[head.size() - 3], packed);
    const auto block = sound(one);
    blocks.insert(blocks.end(), block.begin(), block.end());
  }
  head.push_back(TestPeer::kAudioType);
  head.insert(head.end(), blocks.begin(), blocks.end());
  const auto primary = sound(number);
  head.insert(head.end(), primary.begin(), primary.end());
  return head;
}

// A source that may send RED; a viewer under other numbers who takes it, and one who does not.
class RedSound : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = kms::test::start_rtc();
    sender_ = server_->create_peer({});
    source_ = publisher_.join(*sender_)->sources.at(0);
    ASSERT_TRUE(publisher_.connect());
    tap_ = server_->tap(source_, {});
    taker_peer_ = server_->create_peer({});
    plain_peer_ = server_->create_peer({});
    consumers_.push_back(taker_peer_->consume(source_));
    consumers_.push_back(plain_peer_->consume(source_));
    ASSERT_TRUE(taker_.join_by_offer_of(*taker_peer_, {{.mid = {}}}).ok());
    ASSERT_TRUE(plain_.join(*plain_peer_).ok());
    ASSERT_TRUE(taker_.connect());
    ASSERT_TRUE(plain_.connect());
  }
  void send(uint16_t number, const test::Packet& payload, uint8_t type = kRed) {
    publisher_.send({.video = false,
                     .marker = false,
                     .sequence = number,
                     .timestamp = number * kTicks,
                     .payload = payload,
                     .type = type});
  }
  static bool gets(TestPeer& viewer, size_t packets) {
    return viewer.receive_until([&] { return viewer.rtp().size() >= packets; });
  }
  static test::Packet payload_of(const test::Packet& packet) {
    const auto bytes = RtpView::parse(packet)->payload();
    return {bytes.begin(), bytes.end()};
  }
  // How far the packets' numbers and times are from those of the first.
  static std::vector<std::pair<int, uint32_t>> steps(const TestPeer& viewer) {
    std::vector<std::pair<int, uint32_t>> all;
    const auto first = *RtpView::parse(viewer.rtp().front());
    for (const auto& packet : viewer.rtp()) {
      const auto view = *RtpView::parse(packet);
      all.emplace_back(static_cast<uint16_t>(view.sequence() - first.sequence()),
                       view.timestamp() - first.timestamp());
    }
    return all;
  }
  // What the tap has, by index; settle first.
  std::vector<std::pair<uint16_t, test::Packet>> tapped() {
    kms::test::settle(*server_);
    std::vector<std::pair<uint16_t, test::Packet>> all;
    PacketRef packet;
    while (tap_->pop(packet)) {
      const auto media = packet->media();
      all.emplace_back(static_cast<uint16_t>(packet->index), test::Packet(media.begin(), media.end()));
      packet = {};
    }
    return all;
  }
  StreamStatistics inbound() {
    std::promise<Result<PeerStatistics>> promise;
    sender_->statistics([&](Result<PeerStatistics> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get()->inbound.at(0);
  }

  std::unique_ptr<Server> server_;
  TestPeer publisher_{{.publishes = true, .red = kRed}};
  TestPeer taker_{TestPeer::Options{}};
  TestPeer plain_{TestPeer::Options{}};
  std::unique_ptr<Peer> sender_, taker_peer_, plain_peer_;
  SourceRef source_;
  std::unique_ptr<Tap> tap_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
};

TEST_F(RedSound, IsHandedOnUnderTheReceiversTypesAndWithoutRepetitionToOthers) {
  const auto& offered = taker_.answer().media.at(0);
  ASSERT_EQ(offered.payloads.at(1).encoding, "red");
  const auto opus_type = offered.payloads.at(0).type;
  ASSERT_NE(opus_type, TestPeer::kAudioType) << "so that a type has to be renamed";
  EXPECT_EQ(publisher_.answer().media.at(0).formats, (std::vector<std::string>{"63", "111"}))
      << "in the order of the peer's preference, which is what makes browsers send it";

  send(10, sound(10), TestPeer::kAudioType);
  for (uint16_t number = 11; number < 15; ++number)
    send(number, red(number, {static_cast<uint16_t>(number - 1)}));
  ASSERT_TRUE(gets(taker_, 5));
  ASSERT_TRUE(gets(plain_, 5));

  EXPECT_EQ(RtpView::parse(taker_.rtp()[0])->payload_type(), opus_type);
  EXPECT_EQ(payload_of(taker_.rtp()[0]), sound(10));
  for (uint16_t number = 11; number < 15; ++number) {
    const auto& packet = taker_.rtp()[number - 10];
    EXPECT_EQ(RtpView::parse(packet)->payload_type(), offered.payloads.at(1).type);
    auto payload = payload_of(packet);
    ASSERT_TRUE(read_red(payload, opus_type)) << number;
    rename_red(payload, TestPeer::kAudioType);
    EXPECT_EQ(payload, red(number, {static_cast<uint16_t>(number - 1)}));

    EXPECT_EQ(RtpView::parse(plain_.rtp()[number - 10])->payload_type(), TestPeer::kAudioType);
    EXPECT_EQ(payload_of(plain_.rtp()[number - 10]), sound(number));
  }
  const auto taken = tapped();
  ASSERT_EQ(taken.size(), 5u);
  for (const auto& [index, media] : taken) EXPECT_EQ(media, sound(index)) << index;
}

TEST_F(RedSound, WhatWasLostIsTakenOutOfItAndGoesInItsPlace) {
  send(20, red(20, {18, 19}));
  send(23, red(23, {21, 22}));  // 21 and 22 were lost
  send(25, red(25, {23, 24}));  // 24
  ASSERT_TRUE(gets(plain_, 6));
  ASSERT_TRUE(gets(taker_, 6));

  const std::vector<std::pair<int, uint32_t>> whole{{0, 0},          {1, kTicks},     {2, 2 * kTicks},
                                                    {3, 3 * kTicks}, {4, 4 * kTicks}, {5, 5 * kTicks}};
  EXPECT_EQ(steps(plain_), whole);
  EXPECT_EQ(steps(taker_), whole);
  for (uint16_t i = 0; i < 6; ++i) EXPECT_EQ(payload_of(plain_.rtp()[i]), sound(20 + i)) << i;
  const auto taken = tapped();
  ASSERT_EQ(taken.size(), 6u);
  for (uint16_t i = 0; i < 6; ++i) EXPECT_EQ(taken[i], std::pair(uint16_t(20 + i), sound(20 + i)));
  EXPECT_EQ(inbound().packets_lost, 3) << "on the way they were lost all the same";
  EXPECT_EQ(inbound().retransmitted_packets, 0u);
  EXPECT_EQ(inbound().packets, 3u) << "what came in packets of its own";
  EXPECT_EQ(inbound().fec_packets, 6u);
  EXPECT_EQ(inbound().fec_packets_discarded, 3u) << "18 and 19 were before the beginning, 23 was there";
}

TEST_F(RedSound, WhatComesAfterItsRepetitionWasNotLost) {
  send(20, red(20, {}));
  send(22, red(22, {20, 21}));
  ASSERT_TRUE(gets(plain_, 3));
  EXPECT_EQ(inbound().packets_lost, 1);
  send(21, red(21, {20}));
  send(23, red(23, {22}));
  ASSERT_TRUE(gets(plain_, 4));

  const auto now = inbound();
  EXPECT_EQ(now.packets_lost, 0);
  EXPECT_EQ(now.packets, 4u);
  EXPECT_EQ(now.bytes,
            red(20, {}).size() + red(22, {20, 21}).size() + red(21, {20}).size() + red(23, {22}).size());
  EXPECT_EQ(now.fec_packets, 4u);
  EXPECT_EQ(now.fec_packets_discarded, 3u);
  const std::vector<std::pair<int, uint32_t>> once{{0, 0}, {1, kTicks}, {2, 2 * kTicks}, {3, 3 * kTicks}};
  EXPECT_EQ(steps(plain_), once);
}

TEST_F(RedSound, WhatIsOlderThanWhatCameOrDidNotComeAgainStaysLost) {
  send(30, red(30, {29}));
  send(33, red(33, {30}));      // the sender left 31 and 32 out
  send(40, red(40, {38, 39}));  // 34 to 37 are not there any more
  send(39, red(39, {38}));      // late: known already
  ASSERT_TRUE(gets(plain_, 5));
  kms::test::settle(*server_);
  plain_.read_available();

  const std::vector<std::pair<int, uint32_t>> there{
      {0, 0}, {3, 3 * kTicks}, {8, 8 * kTicks}, {9, 9 * kTicks}, {10, 10 * kTicks}};
  EXPECT_EQ(steps(plain_), there);
}

// Chromium looks for room so, in a call of sound alone.
TEST_F(RedSound, PaddingAloneIsNoLoss) {
  const auto refused = server_->statistics().refused_datagrams;
  send(60, red(60, {}));
  publisher_.send({.video = false,
                   .marker = false,
                   .sequence = 61,
                   .timestamp = 60 * kTicks,
                   .type = kRed,
                   .padding = 224});
  send(62, red(61, {60}));
  ASSERT_TRUE(gets(plain_, 3));
  ASSERT_TRUE(gets(taker_, 3));

  for (auto* viewer : {&plain_, &taker_}) {
    EXPECT_TRUE(payload_of(viewer->rtp()[1]).empty());
    EXPECT_EQ(steps(*viewer)[2].first, 2);
  }
  EXPECT_EQ(inbound().packets_lost, 0);
  EXPECT_EQ(inbound().packets, 3u);
  EXPECT_EQ(server_->statistics().refused_datagrams, refused);
}

TEST_F(RedSound, WhatIsNoneIsRefusedAndCounted) {
  const auto before = server_->statistics().refused_datagrams;
  test::Packet other_type = red(50, {49});
  other_type[0] = 0x80 | 9;
  test::Packet overrun = red(51, {50});
  overrun.resize(20);
  send(50, other_type);
  send(51, overrun);
  send(52, {0x80 | TestPeer::kAudioType});
  send(53, red(53, {}));
  ASSERT_TRUE(gets(plain_, 1));

  EXPECT_EQ(payload_of(plain_.rtp()[0]), sound(53));
  EXPECT_EQ(plain_.rtp().size(), 1u);
  EXPECT_EQ(server_->statistics().refused_datagrams, before + 3);
}

}  // namespace
}  // namespace kms::rtc
