// SPDX-License-Identifier: Apache-2.0
// A viewer's line goes from one camera to another one: what it is sent, in which order, under which numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/forwarding/fanout.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;
using testing::ElementsAre;
using testing::ElementsAreArray;

// Sends pictures, each packet of a size of its own.
struct Camera {
  Camera(Server& server, int thread, size_t first_size, uint32_t clock)
      : browser({.publishes = true}), size(first_size), timestamp(clock) {
    PeerOptions options;
    options.thread = thread;
    peer = server.create_peer(std::move(options));
    source = browser.join(*peer)->sources.at(1);
    EXPECT_TRUE(browser.connect());
  }

  // A packet; gives its size.
  size_t packet(bool key_frame, bool marker) {
    browser.send({.video = true,
                  .key_frame = key_frame,
                  .marker = marker,
                  .sequence = sequence++,
                  .timestamp = timestamp,
                  .size = ++size});
    if (marker) timestamp += 3000;
    return size;
  }
  size_t key_frame() { return packet(true, true); }
  size_t delta() { return packet(false, true); }

  TestPeer browser;
  std::unique_ptr<Peer> peer;
  SourceRef source;
  size_t size;
  uint16_t sequence = 7000;
  uint32_t timestamp;
};

// Where cameras and viewer live: with one thread, and with two.
class Takeover : public testing::TestWithParam<size_t> {
 protected:
  Takeover() {
    PeerOptions options;
    options.thread = 0;
    viewer_ = server_->create_peer(std::move(options));
    consumer_ = viewer_->consume(red_.source);
    EXPECT_TRUE(browser_.join(*viewer_).ok());
    EXPECT_TRUE(browser_.connect());
    settle();
    begin();
  }

  void settle() { kms::test::settle(*server_); }
  void take(const Camera& camera) {
    consumer_ = viewer_->consume(camera.source, {}, std::move(consumer_));
    settle();
  }
  // The viewer sees red.
  void begin() {
    const auto size = red_.key_frame();
    ASSERT_TRUE(browser_.receive_until([&] { return browser_.count(true) == 1; }));
    ASSERT_THAT(came(), ElementsAre(size));
  }
  // Waits until as many packets have come as are expected; one too many has come once the threads have
  // settled.
  std::vector<size_t> came(size_t count = 1) {
    browser_.receive_until([&] { return browser_.count(true) >= count; });
    settle();
    browser_.read_available();
    std::vector<size_t> sizes;
    for (const auto& packet : browser_.rtp()) sizes.push_back(RtpView::parse(packet)->payload().size());
    return sizes;
  }

  // One SSRC, no gap in its sequence numbers, and time that goes on as it passes.
  void expect_continuity() {
    for (size_t i = 1; i < browser_.rtp().size(); ++i) {
      const auto before = *RtpView::parse(browser_.rtp()[i - 1]);
      const auto now = *RtpView::parse(browser_.rtp()[i]);
      EXPECT_EQ(now.ssrc(), before.ssrc());
      EXPECT_EQ(now.sequence(), static_cast<uint16_t>(before.sequence() + 1)) << i;
      EXPECT_LE(now.timestamp() - before.timestamp(), 20U * 90'000) << i;
    }
    EXPECT_EQ(browser_.failed_to_open(), 0U);
  }

  std::unique_ptr<Server> server_ = [] {
    ServerOptions options;
    options.threads = GetParam();
    options.announced = {"127.0.0.1"};
    return std::move(*Server::start(options));
  }();
  Camera red_{*server_, 0, 400, 90'000};
  Camera blue_{*server_, static_cast<int>(GetParam()) - 1, 800, 3'000'000'000};
  TestPeer browser_{{}};
  std::unique_ptr<Peer> viewer_;
  std::unique_ptr<Consumer> consumer_;
};

TEST_P(Takeover, TheOneBeforeGoesOnUntilTheFirstKeyFrame) {
  std::vector<size_t> expected{red_.size};
  take(blue_);
  blue_.browser.receive_until([&] { return blue_.browser.asked_for_key_frame(); });
  EXPECT_TRUE(blue_.browser.asked_for_key_frame());

  blue_.delta();
  expected.push_back(red_.delta());
  ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));
  expected.push_back(blue_.key_frame());
  ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));
  red_.delta();
  expected.push_back(blue_.delta());
  ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));

  expect_continuity();
}

TEST_P(Takeover, NoHalfOfAFrameIsLeftBehind) {
  Camera* on = &red_;
  Camera* off = &blue_;
  for (bool soon = false; !soon; std::swap(on, off)) {
    auto expected = came(0);
    const auto begin = Clock::now();
    take(*off);
    expected.push_back(on->packet(false, false));
    ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));
    const auto key_frame = off->key_frame();
    settle();
    const auto rest = on->packet(false, true);
    settle();
    soon = Clock::now() - begin < Fanout::kLongestFrame;  // or else it may have been given up
    if (soon) expected.push_back(rest);
    expected.insert(expected.end(), {key_frame, off->delta()});
    const auto last = came(expected.size());
    if (soon) {
      EXPECT_THAT(last, ElementsAreArray(expected));
    }
  }

  expect_continuity();
}

TEST_P(Takeover, WhoWasNotYetThereIsForgottenForTheNextOne) {
  std::vector<size_t> expected{red_.size};
  Camera green(*server_, 0, 1000, 5);
  take(blue_);
  take(green);

  blue_.key_frame();
  expected.push_back(red_.delta());
  ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));
  expected.push_back(green.key_frame());
  ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));

  blue_.key_frame();
  red_.key_frame();
  expected.push_back(green.delta());
  ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));
  expect_continuity();
}

TEST_P(Takeover, BackAgainBeforeTheOtherHasBegunTakesNoKeyFrame) {
  std::vector<size_t> expected{red_.size};
  take(blue_);
  take(red_);

  blue_.key_frame();
  expected.push_back(red_.delta());
  ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));
  expect_continuity();
  ASSERT_TRUE(browser_.receive_until([&] { return consumer_->packets() == 1; }));

  consumer_.reset();
  settle();
  red_.delta();
  EXPECT_THAT(came(expected.size()), ElementsAreArray(expected));
}

TEST_P(Takeover, NothingIsSentOnceItEndsWhileItStillWaits) {
  const std::vector<size_t> expected{red_.size};
  take(blue_);

  consumer_.reset();
  settle();

  red_.delta();
  blue_.key_frame();
  EXPECT_THAT(came(expected.size()), ElementsAreArray(expected));
}

TEST_P(Takeover, ACameraThatHasGoneMakesRoom) {
  std::vector<size_t> expected{red_.size};
  take(blue_);
  expected.push_back(red_.packet(false, false));  // the rest never comes
  ASSERT_THAT(came(expected.size()), ElementsAreArray(expected));
  red_.peer.reset();
  settle();

  ASSERT_TRUE(browser_.receive_until([&] {
    blue_.key_frame();
    return browser_.count(true) > 2;
  }));
  expect_continuity();
}

TEST_P(Takeover, ALineThatIsNegotiatedAgainIsTheOtherOnesThen) {
  take(blue_);
  browser_.lines().at(1).direction = "inactive";
  ASSERT_TRUE(browser_.join(*viewer_).ok());
  browser_.lines().at(1).direction = "recvonly";
  ASSERT_TRUE(browser_.join(*viewer_).ok());
  settle();
  browser_.clear();

  red_.delta();
  const auto key_frame = blue_.key_frame();

  EXPECT_THAT(came(), ElementsAre(key_frame));
}

TEST_P(Takeover, AHundredTimesThereAndBackWithoutAGap) {
  Camera* on = &red_;
  Camera* off = &blue_;
  for (int i = 0; i < 100; ++i) {
    std::swap(on, off);
    const auto before = came(0).size();
    const auto begin = Clock::now();
    const auto may_be_over = [&] { return Clock::now() - begin > Fanout::kLongestFarewell; };
    take(*on);
    off->delta();
    browser_.receive_until([&] { return browser_.count(true) > before || may_be_over(); });
    const auto last = came(0).size();
    ASSERT_TRUE(last == before + 1 || may_be_over()) << i;
    on->key_frame();
    on->delta();
    ASSERT_EQ(came(last + 2).size(), last + 2) << i;
    if (on->size > 1000) on->size = 800;
  }

  expect_continuity();
}

INSTANTIATE_TEST_SUITE_P(Threads, Takeover, testing::Values(1, 2));

}  // namespace
}  // namespace kms::rtc
