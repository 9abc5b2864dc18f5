// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/source_gate.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kms::rtc {
namespace {

const auto kPeer = *SocketAddress::parse("192.0.2.1", 4000);
const auto kOther = *SocketAddress::parse("192.0.2.1", 4002);
const auto kStranger = *SocketAddress::parse("198.51.100.7", 5000);

class SourceGateTest : public ::testing::Test {
 protected:
  // Whether a packet in the clear gets in; what its address is learnt for is in `learnt_`.
  bool send(const SocketAddress& from, uint16_t sequence, uint32_t ssrc = 1) {
    const SourceGate::Sign sign{from, ssrc, sequence};
    if (!gate_.admits(sign, now_)) return false;
    if (gate_.on_good(sign, now_)) learnt_ = from;
    return true;
  }
  void pass(Duration time) { now_ += time; }

  TimePoint now_ = Clock::now();
  SourceGate gate_;
  std::optional<SocketAddress> learnt_;
};

TEST_F(SourceGateTest, LetsTheFirstOneInAtOnceAndLearnsAfterThreeInSequence) {
  gate_.describe(std::nullopt, now_);

  EXPECT_TRUE(send(kPeer, 1));
  EXPECT_TRUE(send(kPeer, 2));
  EXPECT_FALSE(learnt_);
  EXPECT_TRUE(send(kPeer, 3));
  EXPECT_EQ(learnt_, kPeer);
}

TEST_F(SourceGateTest, ProvesNothingByNumbersOutOfSequence) {
  gate_.describe(std::nullopt, now_);

  for (const uint16_t sequence : std::array<uint16_t, 5>{1, 3, 4, 9, 10}) EXPECT_TRUE(send(kPeer, sequence));
  EXPECT_FALSE(learnt_);
  for (uint32_t ssrc = 1; ssrc < 5; ++ssrc) send(kPeer, static_cast<uint16_t>(20 + ssrc), ssrc);
  EXPECT_FALSE(learnt_) << "of one stream they must be";
}

TEST_F(SourceGateTest, KeepsStrangersOutOnceThePeerIsKnown) {
  gate_.describe(std::nullopt, now_);
  for (uint16_t sequence = 1; sequence < 10; ++sequence) send(kPeer, sequence);

  for (uint16_t sequence = 1; sequence < 20; ++sequence) EXPECT_FALSE(send(kStranger, sequence));
  EXPECT_TRUE(send(kPeer, 10));
  EXPECT_EQ(learnt_, kPeer);
}

TEST_F(SourceGateTest, LetsWhoeverProvesHimselfFirstPushOutAnUnprovenOne) {
  gate_.describe(std::nullopt, now_);
  send(kStranger, 100);

  EXPECT_FALSE(send(kPeer, 1));
  EXPECT_FALSE(send(kPeer, 2));
  EXPECT_TRUE(send(kPeer, 3));
  EXPECT_EQ(learnt_, kPeer);
  EXPECT_FALSE(send(kStranger, 101));
}

TEST_F(SourceGateTest, TheDescribedAddressNeedsNoProof) {
  gate_.describe(kPeer, now_);
  for (uint16_t sequence = 1; sequence < 10; ++sequence) send(kStranger, sequence);

  EXPECT_TRUE(send(kPeer, 1));
  EXPECT_FALSE(send(kStranger, 10));
}

TEST_F(SourceGateTest, LearnsOnlyForAWhileAfterADescription) {
  gate_.describe(std::nullopt, now_);
  pass(SourceGate::kLearnTime + std::chrono::milliseconds(1));
  for (uint16_t sequence = 1; sequence < 10; ++sequence) EXPECT_TRUE(send(kPeer, sequence));
  EXPECT_FALSE(learnt_);

  gate_.describe(std::nullopt, now_);
  for (uint16_t sequence = 10; sequence < 13; ++sequence) EXPECT_TRUE(send(kPeer, sequence));
  EXPECT_EQ(learnt_, kPeer) << "each description begins anew";
}

TEST_F(SourceGateTest, AnotherDescriptionOfTheSameGivesNobodyThePeersPlace) {
  for (const auto& described : {std::optional<SocketAddress>(), std::optional(kOther)}) {
    gate_ = {};
    gate_.describe(described, now_);
    for (uint16_t sequence = 1; sequence < 10; ++sequence) send(kPeer, sequence);
    pass(std::chrono::seconds(1));
    learnt_.reset();

    gate_.describe(described, now_);
    for (uint16_t sequence = 1; sequence < 10; ++sequence) EXPECT_FALSE(send(kStranger, sequence));
    EXPECT_FALSE(learnt_);
    for (uint16_t sequence = 10; sequence < 13; ++sequence) EXPECT_TRUE(send(kPeer, sequence));
    EXPECT_EQ(learnt_, kPeer) << "his address may have been forgotten meanwhile";
  }
}

TEST_F(SourceGateTest, AnotherDescriptionOfTheSameLetsAnotherFollowOneThatHasFallenSilent) {
  gate_.describe(kOther, now_);
  for (uint16_t sequence = 1; sequence < 10; ++sequence) send(kPeer, sequence);
  gate_.describe(kOther, now_);
  pass(SourceGate::kSilence + std::chrono::milliseconds(1));

  for (uint16_t sequence = 1; sequence < 5; ++sequence) send(kStranger, sequence);
  EXPECT_EQ(learnt_, kStranger);
}

TEST_F(SourceGateTest, ADescriptionThatSaysOtherwiseBeginsAnew) {
  gate_.describe(std::nullopt, now_);
  for (uint16_t sequence = 1; sequence < 10; ++sequence) send(kPeer, sequence);

  gate_.describe(kOther, now_);
  for (uint16_t sequence = 1; sequence < 4; ++sequence) send(kStranger, sequence);
  EXPECT_EQ(learnt_, kStranger);
}

TEST_F(SourceGateTest, AnotherMayFollowOneThatHasFallenSilentButDrawsNoMedia) {
  gate_.describe(std::nullopt, now_);
  for (uint16_t sequence = 1; sequence < 10; ++sequence) send(kPeer, sequence);
  pass(SourceGate::kLearnTime + SourceGate::kSilence);

  EXPECT_FALSE(send(kStranger, 1));
  EXPECT_FALSE(send(kStranger, 2));
  EXPECT_TRUE(send(kStranger, 3));
  EXPECT_EQ(learnt_, kPeer);
}

TEST_F(SourceGateTest, TakesRtcpFromThePeersHostOnly) {
  gate_.describe(kPeer, now_);
  EXPECT_TRUE(gate_.admits_rtcp(kPeer.with_port(4001)));
  EXPECT_FALSE(gate_.admits_rtcp(kStranger));
}

}  // namespace
}  // namespace kms::rtc
