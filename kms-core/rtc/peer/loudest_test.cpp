// SPDX-License-Identifier: Apache-2.0
// Of many who send sound only the loudest are sent on.
#include <gtest/gtest.h>

#include "kms-core/rtc/forwarding/loudest_sources.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/tap.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

constexpr uint8_t kSpeaks = 0x80 | 25;
constexpr uint8_t kListens = 0x80 | 80;

struct Speaker {
  TestPeer browser{{.publishes = true}};
  std::unique_ptr<Peer> peer;
  SourceRef source;
  std::unique_ptr<Consumer> consumer;
  uint16_t sequence = 0;

  void say(uint8_t level, int packets = 1) {
    for (int i = 0; i < packets; ++i) {
      ++sequence;
      browser.send({.video = false,
                    .marker = false,
                    .sequence = sequence,
                    .timestamp = sequence * 960u,
                    .size = 80,
                    .level = level});
    }
  }
};

// Two speakers, of whom one is sent on, and a viewer with a line for each.
class OneIsAudible : public ::testing::TestWithParam<size_t> {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.threads = GetParam();
    options.announced = {"127.0.0.1"};
    server_ = std::move(*Server::start(options));
    viewer_.lines() = {{"0", false, "recvonly"}, {"1", false, "recvonly"}};
    receiver_ = server_->create_peer({.thread = 0});
    for (auto* speaker : {&ann_, &bob_}) {
      PeerOptions here;
      here.loudest = group_;
      here.thread = speaker == &ann_ ? 0 : static_cast<int>(GetParam()) - 1;
      speaker->peer = server_->create_peer(std::move(here));
      speaker->source = speaker->browser.join(*speaker->peer)->sources.at(0);
      ASSERT_TRUE(speaker->browser.connect());
      speaker->consumer = receiver_->consume(speaker->source);
    }
    ASSERT_TRUE(viewer_.join(*receiver_).ok());
    ASSERT_TRUE(viewer_.connect());
    ann_.say(kListens);
    ASSERT_TRUE(viewer_.receive_until([&] { return heard(0).size() == 1; }));
    server_->statistics();  // the other thread has heard by now who wants its source
  }
  // What the viewer has got on a line.
  std::vector<RtpView> heard(size_t line) const {
    std::vector<RtpView> out;
    for (const auto& packet : viewer_.rtp()) {
      const auto view = *RtpView::parse(packet);
      if (view.ssrc() == viewer_.answer().media.at(line).ssrcs.at(0).ssrc) out.push_back(view);
    }
    return out;
  }
  static bool arrived(const Speaker& speaker) { return speaker.source->packets() == speaker.sequence; }

  const std::shared_ptr<LoudestSources> group_ = std::make_shared<LoudestSources>(1);
  std::unique_ptr<Server> server_;
  Speaker ann_, bob_;
  TestPeer viewer_{TestPeer::Options{}};
  std::unique_ptr<Peer> receiver_;
};

TEST_P(OneIsAudible, WhoIsWithheldIsSentToNobodyButTaps) {
  const auto tap = server_->tap(bob_.source, {});
  server_->statistics();
  const auto before = server_->statistics().media_out;

  bob_.say(kListens, 20);
  ASSERT_TRUE(viewer_.receive_until([&] { return arrived(bob_); }));
  ann_.say(kListens);
  ASSERT_TRUE(viewer_.receive_until([&] { return heard(0).size() == 2; }));

  EXPECT_TRUE(heard(1).empty());
  EXPECT_TRUE(bob_.source->withheld());
  EXPECT_FALSE(ann_.source->withheld());
  EXPECT_EQ(server_->statistics().media_out, before + 1) << "of the other one";
  PacketRef packet;
  size_t tapped = 0;
  while (tap->pop(packet)) ++tapped;
  packet = {};
  EXPECT_EQ(tapped, 20u);
}

TEST_P(OneIsAudible, WhoBeginsToSpeakIsHeardFromTheFirstPacketOn) {
  bob_.say(kListens, 5);
  bob_.say(kSpeaks, 5);
  ASSERT_TRUE(viewer_.receive_until([&] { return heard(1).size() == 5; }));
  EXPECT_FALSE(bob_.source->withheld());

  ann_.say(kListens, 3);
  ASSERT_TRUE(viewer_.receive_until([&] { return arrived(ann_); }));
  EXPECT_TRUE(ann_.source->withheld());
  EXPECT_EQ(heard(0).size(), 1u);
}

TEST_P(OneIsAudible, WhoComesBackGoesOnWhereTheReceiverThinksHeIs) {
  bob_.say(kSpeaks, 2);
  ASSERT_TRUE(viewer_.receive_until([&] { return heard(1).size() == 2; }));
  const auto until_heard = [&] {  // when the other one has been silent for a second
    ann_.say(kSpeaks);
    return heard(0).size() > 1;
  };
  ASSERT_TRUE(viewer_.receive_until(until_heard));
  ann_.say(kSpeaks);
  ASSERT_TRUE(viewer_.receive_until([&] { return heard(0).size() > 2; }));

  const auto all = heard(0);
  for (size_t i = 1; i < all.size(); ++i)
    EXPECT_EQ(static_cast<uint16_t>(all[i].sequence() - all[0].sequence()), i);
  EXPECT_GT(all[1].timestamp() - all[0].timestamp(), 2 * 960u) << "some time was left out";
  EXPECT_EQ((all[1].timestamp() - all[0].timestamp()) % 960, 0u) << "and the rest is where it was";
  EXPECT_TRUE(all[1].marker());
  EXPECT_FALSE(all[2].marker());
}

TEST_P(OneIsAudible, WhoDoesNotSayHowLoudHeIsIsAlwaysHeard) {
  for (uint16_t i = 1; i <= 5; ++i) bob_.browser.send({.video = false, .sequence = i, .size = 80});
  EXPECT_TRUE(viewer_.receive_until([&] { return heard(1).size() == 5; }));
}

TEST_P(OneIsAudible, ThePlaceOfAPeerThatIsGoneIsFree) {
  bob_.say(kListens);
  ASSERT_TRUE(viewer_.receive_until([&] { return bob_.source->withheld(); }));
  ann_.consumer.reset();
  ann_.peer.reset();
  server_->statistics();

  bob_.say(kListens);
  EXPECT_TRUE(viewer_.receive_until([&] { return heard(1).size() == 1; }));
}

INSTANTIATE_TEST_SUITE_P(Threads, OneIsAudible, ::testing::Values(1, 2));

}  // namespace
}  // namespace kms::rtc
