// SPDX-License-Identifier: Apache-2.0
// ICE restarts that follow or cross one another: which credentials a browser is still answered with.
#include <gtest/gtest.h>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

class Restarts : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = kms::test::start_rtc();
    peer_ = server_->create_peer({});
    for (auto& line : browser_.lines()) line.direction = "sendrecv";
    const auto answer = browser_.join(*peer_);
    ASSERT_TRUE(answer.ok()) << message_of(answer.status());
    source_ = answer->sources.at(1);
    ASSERT_TRUE(browser_.connect());
  }

  // What the browser knows of us.
  IceCredentials told() const { return {browser_.first_line().ufrag, browser_.first_line().password}; }

  IceCredentials restarted_by_us() {
    const auto offer = TestPeer::offer_of(*peer_, {}, true);
    EXPECT_TRUE(offer.ok()) << message_of(offer.status());
    browser_.restart_ice();
    EXPECT_TRUE(TestPeer::accept(*peer_, *browser_.answer_to(*offer)).ok());
    return told();
  }

  IceCredentials restarted_by_browser() {
    browser_.restart_ice();
    EXPECT_TRUE(browser_.join(*peer_).ok());
    return told();
  }

  // Media goes to where a check with these comes from, and back.
  bool moves_with(const IceCredentials& ours) {
    browser_.move();
    browser_.send_check(ours, true);
    return loops();
  }

  // A check with the first moves nothing, one with the second does: what is sent between them is lost, though
  // it would go to a receiver that has begun.
  bool moves_only_with(const IceCredentials& refused, const IceCredentials& taken) {
    const auto consumer = peer_->consume(source_);
    server_->statistics();
    if (!one_comes_back()) return false;
    browser_.move();
    browser_.send_check(refused, true);
    send_frame(kLost);
    browser_.send_check(taken, true);
    return one_comes_back();
  }

  bool loops() {
    const auto consumer = peer_->consume(source_);
    server_->statistics();
    return one_comes_back();
  }

  // A key frame of the browser's, and nothing before it.
  bool one_comes_back() {
    browser_.clear();
    send_frame(500);
    return browser_.receive_until([&] { return browser_.count(true) > 0; }) &&
           browser_.rtp().front().size() < kLost;
  }

  static constexpr size_t kLost = 900;
  void send_frame(size_t size) {
    browser_.send({.key_frame = true, .sequence = ++sequence_, .timestamp = sequence_ * 3000u, .size = size});
  }

  std::unique_ptr<Server> server_;
  std::unique_ptr<Peer> peer_;
  TestPeer browser_{{.publishes = true}};
  SourceRef source_;
  uint16_t sequence_ = 100;
};

// Chromium, which is told candidates apart from descriptions, checks from new ports with what it was told
// last.
TEST_F(Restarts, LeaveABrowserWhatItWasToldBeforeTheLastOne) {
  const auto in_use = told();
  const auto between = restarted_by_browser();
  const auto latest = restarted_by_us();
  ASSERT_NE(between.ufrag, latest.ufrag);

  EXPECT_TRUE(loops()) << "on the old path meanwhile";
  EXPECT_TRUE(moves_with(between));
  EXPECT_TRUE(moves_only_with(in_use, latest)) << "later ones were nominated";
  EXPECT_TRUE(moves_only_with(between, latest)) << "the last restart is done";
}

TEST_F(Restarts, MayFollowFastOnOneAnother) {
  const auto in_use = told();

  for (int i = 0; i < 10; ++i) {
    restarted_by_us();
    restarted_by_browser();
  }

  EXPECT_TRUE(loops()) << "on the old path meanwhile";
  EXPECT_TRUE(moves_with(in_use));
  EXPECT_TRUE(moves_with(told()));
}

TEST_F(Restarts, ThatCrossEndWithTheBrowsersOne) {
  const auto before = told();
  const auto ours = TestPeer::offer_of(*peer_, {}, true);
  ASSERT_TRUE(ours.ok()) << message_of(ours.status());
  const auto late = browser_.answer_to(*ours);
  const auto offered = told();

  const auto answered = restarted_by_browser();

  EXPECT_NE(answered.ufrag, before.ufrag);
  EXPECT_NE(answered.ufrag, offered.ufrag);
  EXPECT_EQ(reason_of(TestPeer::accept(*peer_, *late).status()), "NO_OFFER_PENDING");
  EXPECT_TRUE(loops()) << "on the old path meanwhile";
  EXPECT_TRUE(moves_only_with(offered, answered)) << "that offer gave way";
}

}  // namespace
}  // namespace kms::rtc
