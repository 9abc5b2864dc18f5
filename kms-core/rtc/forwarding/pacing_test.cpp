// SPDX-License-Identifier: Apache-2.0
// A fan-out whose receiver has a narrow way: when what goes out, and what becomes of what still waits.
#include "kms-core/rtc/forwarding/test_pacing.hpp"

namespace kms::rtc::test {
namespace {

TEST_F(Pacing, AKeyFrameGoesOutAsItsWayTakesIt) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  auto came = take();
  EXPECT_LE(came.size(), 3u);
  for (int i = 1; i <= 10; ++i) {
    pass(25ms);
    const auto more = take();
    came.insert(came.end(), more.begin(), more.end());
    EXPECT_NEAR(static_cast<double>(came.size()), std::min(2 + i * 25 / 8.4, 30.0), 1.5);
  }
  EXPECT_EQ(came, range(1000, 1030));
  EXPECT_FALSE(is_waiting());
  EXPECT_FALSE(estimator_.pacer().is_waited_for());
  EXPECT_GT(fanout_.find(kViewer)->send_delay, 27 * 100ms);
  EXPECT_LT(fanout_.find(kViewer)->send_delay, 27 * 150ms);
}

TEST_F(Pacing, NothingWaitsWhereNoBottleneckIsKnown) {
  estimator_.pacer().set_rate(0);
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  EXPECT_EQ(take(), range(1000, 1030));
  EXPECT_EQ(fanout_.find(kViewer)->send_delay, Duration{});
}

// Its packets have no numbers, so they are not in the estimate: nothing is known of its way.
TEST_F(Pacing, NothingWaitsForAPeerThatDoesNotReport) {
  auto plain = settings();
  plain.rtx_ssrc = 0;
  fanout_.add(kViewer, plain);
  send(frame(500, 30));
  EXPECT_EQ(take(), range(1000, 1030));
}

TEST_F(Pacing, SoundGoesAtOnceAndCounts) {
  Fanout sound(sender_, {false, 16, 48'000, Codec::kOpus});
  sound.add(kOther, settings(kOther));
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  take();
  for (uint64_t i = 0; i < 10; ++i) {
    send(frame(90 + i, 1), sound);
    EXPECT_EQ(take(kOther), range(1000 + i, 1001 + i)) << "at once";
  }
  pass(50ms);
  EXPECT_TRUE(take().empty()) << "so much sound is more than the way takes in that time";
}

TEST_F(Pacing, NobodyElsesReceiverWaits) {
  SendEstimator wide;
  SendTarget other{engine_->make_key(kProfile, derive_srtp_keys(kProfile, {}).rtp), target_.path, true,
                   &wide};
  auto theirs = settings(kOther);
  theirs.target = &other;
  fanout_.add(kViewer, settings());
  fanout_.add(kOther, theirs);
  send(frame(500, 30));
  EXPECT_EQ(take(kOther), range(1000, 1030));
}

TEST_F(Pacing, ThoseOfOnePeerTakeTurnsAsTheirFramesCame) {
  Fanout second(sender_, options_, &waiting_);
  fanout_.add(kViewer, settings());
  second.add(kOther, settings(kOther));
  send(frame(500, 10));
  send(frame(90, 10), second);
  send(frame(510, 10, false));
  pass(1s);
  read();

  const auto of = [&](ConsumerId id) { return [id](const auto& packet) { return packet.first == 70 + id; }; };
  const auto last = std::find_if(came_.rbegin(), came_.rend(), of(kOther)).base();
  EXPECT_EQ(std::count_if(came_.begin(), last, of(kViewer)), 10);
  EXPECT_EQ(std::count_if(last, came_.end(), of(kViewer)), 10);
  EXPECT_EQ(take(), range(1000, 1020));
}

TEST_F(Pacing, NothingWaitsForTooLong) {
  estimator_.pacer().set_rate(50'000);
  fanout_.add(kViewer, settings());
  send(frame(500, 100));
  pass(390ms);
  EXPECT_LT(take().size(), 10u);
  pass(20ms + 40ms);
  EXPECT_GT(take().size(), 89u);
  EXPECT_FALSE(is_waiting());
}

TEST_F(Pacing, NothingWaitsUntilItWouldLeaveTheRing) {
  Fanout small(sender_, {true, 64, 90'000, Codec::kVp8}, &waiting_);
  small.add(kViewer, settings());
  send(frame(500, 60), small);
  const auto came = take();
  EXPECT_GE(came.size(), 28u) << "of sixty but half of the ring";
  EXPECT_LE(came.size(), 32u);
}

TEST_F(Pacing, WhatIsSentWithAProbeIsPartOfIt) {
  estimator_.pacer().set_rate(100'000);
  fanout_.add(kViewer, settings());
  send(frame(500, 3));
  take();
  estimator_.set_wanted(3'000'000);
  pass(200ms);
  take();
  estimator_.tick(now_);
  estimator_.pacer().set_rate(100'000);
  ASSERT_TRUE(estimator_.is_probing()) << "at 900 kbit/s";
  send(frame(503, 20));
  pass(60ms);
  EXPECT_FALSE(estimator_.is_probing());
  const auto came = take();
  EXPECT_GT(came.size(), 3u);
  EXPECT_LT(came.size(), 8u) << "no more than the probe asks for";
}

TEST_F(Pacing, NoProbeBeginsWhilePicturesWait) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  estimator_.set_wanted(3'000'000);
  estimator_.tick(now_ + 10s);
  EXPECT_FALSE(estimator_.is_probing());
}

TEST_F(Pacing, WhatStillWaitsIsNotSentAgain) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  take();
  EXPECT_FALSE(fanout_.resend(kViewer, 1020));
  EXPECT_TRUE(fanout_.resend(kViewer, 1000));
  pass(400ms);
  EXPECT_TRUE(fanout_.resend(kViewer, 1020));
}

TEST_F(Pacing, WhatComesLateTakesItsPlaceInTheOrder) {
  fanout_.add(kViewer, settings());
  auto packets = frame(500, 30);
  std::vector<PacketRef> late{packets[1], packets[20]};
  for (const auto& packet : late) packet->late = true;
  packets.erase(packets.begin() + 20);
  packets.erase(packets.begin() + 1);
  send(packets);
  auto came = take();
  ASSERT_LT(came.size(), 10u);
  EXPECT_EQ(std::ranges::count(came, 1001u), 0);

  send(late);
  EXPECT_EQ(take(), (std::vector<uint64_t>{1001})) << "those behind it are out";
  pass(400ms);
  const auto rest = take();
  EXPECT_TRUE(std::ranges::is_sorted(rest));
  EXPECT_EQ(std::ranges::count(rest, 1020u), 1);
  EXPECT_EQ(came.size() + 1 + rest.size(), 30u);
}

TEST_F(Pacing, WhoLeavesHasUsedNoMoreNumbersThanWereSent) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  const auto came = take();
  const auto position = fanout_.remove(kViewer);
  EXPECT_EQ(position.next, 1000 + came.size());
  EXPECT_EQ(position.packets, came.size());
  pass(1s);
  EXPECT_TRUE(take().empty());
  EXPECT_FALSE(is_waiting());
  EXPECT_FALSE(estimator_.pacer().is_waited_for());
}

TEST_F(Pacing, WhoGoesOnUnderAnotherNameGetsTheRest) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  fanout_.rename(kViewer, kOther, nullptr);
  pass(400ms);
  EXPECT_EQ(take(), range(1000, 1030));
  EXPECT_EQ(fanout_.remove(kOther).packets, 30u);
}

// The frame that has begun is finished; what comes behind it is not sent.
TEST_F(Pacing, WhatIsTakenOverEndsWithAWholeFrame) {
  fanout_.add(kViewer, settings());
  auto begun = frame(500, 30);
  begun.pop_back();
  send(begun);
  take();
  EXPECT_FALSE(fanout_.may_end(kViewer, now_)) << "its last packet has not come";
  auto last = frame(529, 1, false);
  send(last);
  send(frame(530, 30, false));
  EXPECT_TRUE(fanout_.may_end(kViewer, now_));

  fanout_.finish_frame(kViewer);
  sender_.flush();
  const auto came = take();
  EXPECT_EQ(came.back(), 1029u);
  const auto position = fanout_.remove(kViewer);
  EXPECT_EQ(position.next, 1030u);
  EXPECT_EQ(position.timestamp, 529u) << "of the last that was sent";
}

TEST_F(Pacing, WhereTheSourceBeginsAnewWhatWasBeforeGoesOutFirst) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  send(frame(131'072, 30));
  pass(800ms);
  EXPECT_EQ(take(), range(1000, 1060));
  EXPECT_FALSE(is_waiting());
}

TEST_F(Pacing, SoAlsoAmidABatch) {
  fanout_.add(kViewer, settings());
  auto batch = frame(500, 30);
  const auto anew = frame(131'072, 30);
  batch.insert(batch.end(), anew.begin(), anew.end());
  send(batch);
  pass(800ms);
  EXPECT_EQ(take(), range(1000, 1060));
}

TEST_F(Pacing, WhoComesLateIsSentTheKeyFrameAsItsWayTakesIt) {
  send(frame(500, 30));
  fanout_.add(kViewer, settings());
  ASSERT_TRUE(fanout_.catch_up(kViewer, now_));
  pass(0ms);
  EXPECT_LE(take().size(), 3u);
  send(frame(530, 2, false));
  EXPECT_FALSE(fanout_.needs_key_frame(now_));
  pass(400ms);
  EXPECT_EQ(take().back(), 1031u);
  EXPECT_FALSE(is_waiting());
}

TEST_F(Pacing, WhoIsNotThereAnyMoreIsSentNothing) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  take();
  target_.open = false;
  pass(1s);
  EXPECT_TRUE(take().empty());
  EXPECT_FALSE(is_waiting());
}

TEST_F(Pacing, APacketThatWasLostOnItsWayHereHoldsUpNothing) {
  fanout_.add(kViewer, settings());
  auto packets = frame(500, 30);
  packets.erase(packets.begin() + 15);
  send(packets);
  pass(400ms);
  auto expected = range(1000, 1030);
  expected.erase(expected.begin() + 15);
  EXPECT_EQ(take(), expected);
}

// Layers change, packets come late or not at all, while others wait: what arrives can be decoded.
TEST_F(Pacing, LayersChangeWhilePicturesWait) {
  checker_.emplace(Codec::kVp8);
  LayeredStream stream({.packets = 6, .size = 1000});
  auto viewer = settings();
  viewer.layers = {.temporal = 1};
  fanout_.add(kViewer, viewer);
  uint64_t index = 500;
  size_t waited = 0;
  for (int picture = 0; picture < 300; ++picture) {
    std::vector<PacketRef> packets;
    for (const auto& piece : stream.next(picture == 0)) {
      auto& packet = packets.emplace_back(packet_of(piece, Codec::kVp8, pool_));
      packet->index = index++;
      packet->arrived = now_;
      packet->timestamp = static_cast<uint32_t>(3000 * picture);
    }
    if (picture % 7 == 3) fanout_.set_layers(kViewer, {.temporal = static_cast<uint8_t>(picture / 7 % 3)});
    send(packets);
    waited += is_waiting() ? 1 : 0;
    pass(33ms);
    fanout_.tick(now_);
    read();
  }
  pass(400ms);
  read();

  EXPECT_GT(waited, 100u);
  EXPECT_EQ(checker_->fault(), "");
  EXPECT_GT(checker_->packets(), 500u);
  EXPECT_FALSE(is_waiting());
}

}  // namespace
}  // namespace kms::rtc::test
