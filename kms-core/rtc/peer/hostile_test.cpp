// SPDX-License-Identifier: Apache-2.0
// What strangers and broken peers send: dropped and counted, others unaffected.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <random>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

class Hostile : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = kms::test::start_rtc();
    publisher_ = server_->create_peer({});
    sources_ = browser_.join(*publisher_)->sources;
    ASSERT_TRUE(browser_.connect());
    viewer_ = server_->create_peer({});
    for (const auto& source : sources_) consumers_.push_back(viewer_->consume(source));
    ASSERT_TRUE(viewer_browser_.join(*viewer_).ok());
    ASSERT_TRUE(viewer_browser_.connect());
  }

  bool media_flows() {
    viewer_browser_.clear();
    browser_.send({true, true, true, sequence_++, timestamp_ += 3000, 700});
    return viewer_browser_.receive_until([&] { return viewer_browser_.count(true) == 1; });
  }

  std::unique_ptr<Server> server_;
  TestPeer browser_{{.publishes = true}};
  TestPeer viewer_browser_{{}};
  std::unique_ptr<Peer> publisher_, viewer_;
  std::vector<SourceRef> sources_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  uint16_t sequence_ = 7;
  uint32_t timestamp_ = 0;
};

TEST_F(Hostile, APeerWithAnotherCertificateThanItsSdpSaysNeverGetsAPacket) {
  std::atomic<bool> failed = false;
  std::string why;
  PeerOptions options;
  options.events.on_state = [&](PeerState state, const std::string& reason) {
    why = reason;
    failed = state == PeerState::kFailed;
  };
  TestPeer liar({.lies_about_fingerprint = true});
  auto peer = server_->create_peer(options);
  std::vector<std::unique_ptr<Consumer>> consumers;
  for (const auto& source : sources_) consumers.push_back(peer->consume(source));
  ASSERT_TRUE(liar.join(*peer).ok());

  EXPECT_FALSE(liar.connect(std::chrono::seconds(3)));
  const auto before = server_->statistics().media_out;
  ASSERT_TRUE(media_flows());
  ASSERT_TRUE(liar.receive_until([&] { return failed.load(); }));
  EXPECT_EQ(server_->statistics().media_out, before + 1) << "the packet of the viewer that is honest";

  EXPECT_EQ(why, "DTLS_FINGERPRINT_MISMATCH");
  EXPECT_TRUE(liar.rtp().empty());
  EXPECT_EQ(liar.failed_to_open(), 0u);
}

TEST_F(Hostile, GarbageFromStrangersAndPeersIsCountedAndChangesNothing) {
  std::mt19937 random(11);
  TestPeer stranger({});
  auto unused = server_->create_peer({});
  ASSERT_TRUE(stranger.join(*unused).ok());
  const auto before = server_->statistics().refused_datagrams;
  constexpr size_t kRounds = 2000;

  for (size_t i = 0; i < kRounds; ++i) {
    test::Packet packet(random() % 1500);
    for (auto& byte : packet) byte = static_cast<uint8_t>(random());
    const uint8_t kinds[] = {0, 22, 128, 129, 255};  // STUN, DTLS, RTP, RTCP, nothing
    if (!packet.empty()) packet[0] = kinds[i % 5];
    if (packet.size() > 1 && i % 5 == 3) packet[1] = 200;
    (i % 2 ? stranger : browser_).send_raw(packet);
    if (i % 32 == 0) server_->statistics();
  }

  EXPECT_TRUE(media_flows());
  EXPECT_GT(server_->statistics().refused_datagrams, before + kRounds / 2);
}

TEST_F(Hostile, ForgedChecksAndMalformedHandshakesOfAKnownPeerAreCounted) {
  auto before = server_->statistics().refused_datagrams;
  browser_.send_check({browser_.first_line().ufrag, "a-password-that-was-guessed"}, true);
  EXPECT_TRUE(browser_.receive_until([&] { return server_->statistics().refused_datagrams == before + 1; }));

  before = server_->statistics().refused_datagrams;
  browser_.send_raw(test::Packet(100, 22));  // a record whose length is wrong
  EXPECT_TRUE(browser_.receive_until([&] { return server_->statistics().refused_datagrams == before + 1; }));

  before = server_->statistics().refused_datagrams;
  browser_.send_check();
  EXPECT_TRUE(media_flows());
  EXPECT_EQ(server_->statistics().refused_datagrams, before);
}

TEST_F(Hostile, MediaUnderOtherKeysIsDroppedAndCountedAndTheRightOnesGoOn) {
  ASSERT_TRUE(media_flows());
  const auto before = server_->statistics();
  viewer_browser_.clear();
  browser_.lose_keys();  // as if it had been another handshake
  for (int i = 0; i < 10; ++i) browser_.send({true, true, true, sequence_++, timestamp_ += 3000, 700});
  EXPECT_TRUE(browser_.receive_until(
      [&] { return server_->statistics().refused_datagrams == before.refused_datagrams + 10; }));

  browser_.find_keys();
  EXPECT_TRUE(media_flows());
  EXPECT_EQ(server_->statistics().media_out, before.media_out + 1);
}

TEST_F(Hostile, AnOfferOfMoreStreamsThanAllowedIsRefusedWithItsLineAndLeavesNothing) {
  TestPeer greedy({.publishes = true, .rids = {"a", "b", "c", "d", "e", "f", "g", "h"}});
  for (int i = 2; i < 6; ++i) greedy.lines().push_back({std::to_string(i), true, "sendonly"});
  auto peer = server_->create_peer({});

  const auto refused = greedy.join(*peer);  // sound, and five lines of eight encodings

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(reason_of(refused.status()), "SDP_TOO_MANY_STREAMS");
  EXPECT_NE(info_of(refused.status()).metadata.find("line"), info_of(refused.status()).metadata.end());
  greedy.lines().resize(4);
  const auto answer = greedy.join(*peer);
  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  EXPECT_EQ(answer->sources.size(), 25u);
}

TEST_F(Hostile, AReplayedPacketIsForwardedOnce) {
  ASSERT_TRUE(media_flows());
  --sequence_;
  timestamp_ -= 3000;
  viewer_browser_.clear();
  const auto refused = server_->statistics().refused_datagrams;

  browser_.send({true, true, true, sequence_++, timestamp_ += 3000, 700});
  ASSERT_TRUE(media_flows());

  EXPECT_EQ(viewer_browser_.count(true), 1u);
  EXPECT_EQ(server_->statistics().refused_datagrams, refused + 1) << "it was counted";
}

TEST_F(Hostile, TooLongDatagramsAreDroppedAndCounted) {
  const auto refused = server_->statistics().refused_datagrams;
  browser_.send_raw(test::Packet(4000, 0x80));
  EXPECT_TRUE(media_flows());
  EXPECT_EQ(server_->statistics().refused_datagrams, refused + 1);
}

TEST_F(Hostile, HandshakesFromWhereNoCheckCameAreIgnored) {
  TestPeer stranger({});
  auto peer = server_->create_peer({});
  ASSERT_TRUE(stranger.join(*peer).ok());
  const test::Packet hello(100, 22);
  stranger.send_raw(hello);
  kms::test::settle(*server_);

  EXPECT_FALSE(
      stranger.receive_until([&] { return stranger.datagrams() > 0; }, std::chrono::milliseconds(300)));
  EXPECT_TRUE(stranger.connect());
}

TEST_F(Hostile, AWrongOfferIsRefusedWithTheLineAtFaultAndThePeerMayTryAgain) {
  std::string text = browser_.offer();
  text.replace(text.find("a=ice-pwd:"), 10, "a=ice-pwd ");
  std::promise<Result<Answer>> promise;
  auto peer = server_->create_peer({});
  peer->answer(text, [&](Result<Answer> answer) { promise.set_value(std::move(answer)); });
  const auto refused = promise.get_future().get();

  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(reason_of(refused.status()).starts_with("SDP_"));
  TestPeer again({});
  EXPECT_TRUE(again.join(*peer).ok());
}

}  // namespace
}  // namespace kms::rtc
