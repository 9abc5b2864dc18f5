// SPDX-License-Identifier: Apache-2.0
// How loud sound is (RFC 6464): agreed on both ways, read, and handed on.
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

constexpr uint8_t kVoice = 0x80;

class AudioLevelOfPeers : public ::testing::Test {
 protected:
  void SetUp() override { server_ = kms::test::start_rtc(); }
  void publish(TestPeer& publisher, PeerOptions options = {}) {
    sender_ = server_->create_peer(std::move(options));
    source_ = publisher.join(*sender_)->sources.at(0);
    ASSERT_TRUE(publisher.connect());
  }
  void watch(TestPeer& viewer, Result<Answer> (*join)(TestPeer&, Peer&)) {
    receiver_ = server_->create_peer({});
    consumer_ = receiver_->consume(source_);
    ASSERT_TRUE(join(viewer, *receiver_).ok());
    ASSERT_TRUE(viewer.connect());
  }
  void say(TestPeer& publisher, uint8_t level, int packets = 10) {
    for (int i = 0; i < packets; ++i, ++sequence_)
      publisher.send(
          {.video = false, .sequence = sequence_, .timestamp = sequence_ * 960u, .size = 80, .level = level});
  }
  static std::optional<uint8_t> level_in(const test::Packet& packet, uint8_t id) {
    const auto value = RtpView::parse(packet)->extension(id);
    return value && value->size() == 1 ? std::optional(value->front()) : std::nullopt;
  }
  std::vector<StreamStatistics> inbound() {
    std::promise<Result<PeerStatistics>> promise;
    sender_->statistics([&](Result<PeerStatistics> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get()->inbound;
  }

  std::unique_ptr<Server> server_;
  std::unique_ptr<Peer> sender_, receiver_;
  std::unique_ptr<Consumer> consumer_;
  SourceRef source_;
  uint16_t sequence_ = 1;
};

TEST_F(AudioLevelOfPeers, IsHandedOnUnderTheReceiversId) {
  TestPeer publisher({.publishes = true, .level_id = 5});
  TestPeer viewer({.level_id = 9});
  publish(publisher);
  watch(viewer, [](TestPeer& peer, Peer& ours) { return peer.join(ours); });

  say(publisher, kVoice | 33, 1);
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(false) == 1; }));

  EXPECT_EQ(level_in(viewer.rtp().front(), 9), kVoice | 33);
  EXPECT_FALSE(level_in(viewer.rtp().front(), 5));
}

TEST_F(AudioLevelOfPeers, IsOfferedToThePeerAsWell) {
  TestPeer publisher({.publishes = true});
  TestPeer viewer(TestPeer::Options{});
  sender_ = server_->create_peer({});
  const auto joined = publisher.join_by_offer_of(*sender_, {{.mid = {}}, {.video = true, .mid = {}}});
  ASSERT_TRUE(joined.ok()) << joined.status();
  source_ = joined->sources.at(0);
  ASSERT_TRUE(publisher.connect());
  ASSERT_NE(publisher.level_id(), 0);
  watch(viewer, [](TestPeer& peer, Peer& ours) {
    return peer.join_by_offer_of(ours, {{.mid = {}}, {.video = true, .mid = {}}});
  });

  say(publisher, 44, 1);
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(false) == 1; }));

  EXPECT_EQ(level_in(viewer.rtp().front(), viewer.level_id()), 44);
}

TEST_F(AudioLevelOfPeers, IsNotSaidToAReceiverThatDoesNotWantIt) {
  TestPeer publisher({.publishes = true});
  TestPeer viewer({.level_id = 0});
  publish(publisher);
  watch(viewer, [](TestPeer& peer, Peer& ours) { return peer.join(ours); });

  say(publisher, kVoice | 33, 1);
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(false) == 1; }));

  for (uint8_t id = 2; id <= 14; ++id) EXPECT_FALSE(level_in(viewer.rtp().front(), id)) << int{id};
}

TEST_F(AudioLevelOfPeers, IsInTheStatisticsAndAtTheSource) {
  TestPeer publisher({.publishes = true});
  publish(publisher);
  EXPECT_EQ(source_->level(), nullptr);
  EXPECT_FALSE(inbound().at(0).audio_level);

  say(publisher, kVoice | 20);
  ASSERT_TRUE(publisher.receive_until([&] { return inbound().at(0).packets == 10; }));

  EXPECT_NEAR(inbound().at(0).audio_level.value_or(0), 0.1, 0.02);
  EXPECT_FALSE(inbound().at(1).audio_level) << "pictures";
  ASSERT_NE(source_->level(), nullptr);
  EXPECT_TRUE(source_->level()->spoke_at());
}

TEST_F(AudioLevelOfPeers, IsUnknownWherePacketsDoNotSayIt) {
  TestPeer publisher({.publishes = true});
  publish(publisher);
  publisher.send({.video = false, .sequence = 1, .size = 80});
  ASSERT_TRUE(publisher.receive_until([&] { return inbound().at(0).packets == 1; }));
  EXPECT_FALSE(inbound().at(0).audio_level);
  EXPECT_EQ(source_->level(), nullptr);
}

TEST_F(AudioLevelOfPeers, IsToldWhereSomebodyBeginsToSpeak) {
  std::atomic<int> begun = 0;
  PeerOptions options;
  options.events.on_voice = [&] { ++begun; };
  TestPeer publisher({.publishes = true});
  publish(publisher, std::move(options));

  say(publisher, kVoice | 90);
  ASSERT_TRUE(publisher.receive_until([&] { return inbound().at(0).packets == 10; }));
  EXPECT_EQ(begun, 0);

  say(publisher, kVoice | 20, 50);
  ASSERT_TRUE(publisher.receive_until([&] { return inbound().at(0).packets == 60; }));
  EXPECT_EQ(begun, 1);
}

}  // namespace
}  // namespace kms::rtc
