// SPDX-License-Identifier: Apache-2.0
// What happens to running sessions: other transports and addresses, restarts, tracks that come and go,
// layers.
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

#include "kms-core/rtc/peer/peer_watch.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

class Session : public ::testing::Test {
 protected:
  struct Seat {
    explicit Seat(const TestPeer::Options& options) : browser(options) {}
    TestPeer browser;
    std::unique_ptr<Peer> peer;
    std::vector<SourceRef> sources;
    std::vector<std::unique_ptr<Consumer>> consumers;
  };

  void SetUp() override {
    ServerOptions options;
    options.threads = 2;
    options.announced = {"127.0.0.1"};
    server_ = std::move(*Server::start(options));
  }

  std::unique_ptr<Seat> publish(const TestPeer::Options& options = {.publishes = true}) {
    auto seat = std::make_unique<Seat>(options);
    seat->peer = server_->create_peer({});
    offer(*seat);
    EXPECT_TRUE(seat->browser.connect());
    return seat;
  }

  std::unique_ptr<Seat> watch(const std::vector<SourceRef>& sources, const TestPeer::Options& options = {},
                              int thread = -1) {
    auto seat = std::make_unique<Seat>(options);
    seat->peer = server_->create_peer({{}, nullptr, thread});
    for (const auto& source : sources) seat->consumers.push_back(seat->peer->consume(source));
    offer(*seat);
    EXPECT_TRUE(seat->browser.connect());
    settle();
    return seat;
  }

  static void offer(Seat& seat) {
    const auto answer = seat.browser.join(*seat.peer);
    ASSERT_TRUE(answer.ok()) << message_of(answer.status());
    seat.sources = answer->sources;
  }

  void settle() { kms::test::settle(*server_); }

  // A key frame of one packet gets from one to the other.
  bool media_flows(Seat& from, Seat& to, uint32_t ssrc = 0,
                   std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    to.browser.clear();
    const TestPeer::Frame frame{
        .key_frame = true, .sequence = sequence_++, .timestamp = timestamp_ += 3000, .ssrc = ssrc};
    from.browser.send(frame);
    return to.browser.receive_until([&] { return to.browser.count(true) == 1; }, limit) &&
           RtpView::parse(to.browser.rtp().front())->timestamp() == timestamp_;
  }

  static std::vector<uint32_t> video_ssrcs(const TestPeer& browser) {
    std::vector<uint32_t> all;
    for (const auto& packet : browser.rtp()) all.push_back(RtpView::parse(packet)->ssrc());
    return all;
  }

  std::unique_ptr<Server> server_;
  uint16_t sequence_ = 7;
  uint32_t timestamp_ = 90'000;
};

TEST_F(Session, CarriesMediaOverTcp) {
  auto publisher = publish({.publishes = true, .tcp = true});
  auto viewer = watch(publisher->sources, {.tcp = true});

  for (int frame = 0; frame < 20; ++frame) ASSERT_TRUE(media_flows(*publisher, *viewer));
  publisher->browser.send({.video = false, .size = 80});

  EXPECT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(false) == 1; }));
  EXPECT_EQ(viewer->browser.failed_to_open(), 0u);
}

TEST_F(Session, GoesOnThroughAnIceRestart) {
  auto publisher = publish();
  auto viewer = watch(publisher->sources);
  ASSERT_TRUE(media_flows(*publisher, *viewer));
  const auto before = viewer->browser.first_line();

  viewer->browser.restart_ice();
  offer(*viewer);
  const auto after = viewer->browser.first_line();
  EXPECT_NE(after.ufrag, before.ufrag);
  EXPECT_NE(after.password, before.password);
  EXPECT_TRUE(media_flows(*publisher, *viewer)) << "on the old path until the new one is nominated";

  viewer->browser.move();
  viewer->browser.send_check();
  settle();
  EXPECT_TRUE(media_flows(*publisher, *viewer)) << "on the new path";

  viewer->browser.move();
  viewer->browser.send_check({before.ufrag, before.password}, true);
  settle();
  EXPECT_FALSE(media_flows(*publisher, *viewer, 0, std::chrono::seconds(1)))
      << "the old credentials are over";
}

TEST_F(Session, GoesOnThroughAnIceRestartThatIsToldApartFromAnOffer) {
  auto publisher = publish();
  auto viewer = watch(publisher->sources);
  ASSERT_TRUE(media_flows(*publisher, *viewer));
  const auto before = viewer->browser.first_line();
  const auto update = [&](const std::string& ufrag) {
    std::promise<Result<std::optional<IceCredentials>>> promise;
    viewer->peer->update_ice({ufrag, "0123456789012345678901"},
                             [&](auto given) { promise.set_value(given); });
    return promise.get_future().get();
  };

  const auto same = update("peer");  // as in the offer
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_FALSE(*same);
  const auto ours = update("another");
  ASSERT_TRUE(ours.ok() && *ours) << ours.status();
  EXPECT_NE((*ours)->ufrag, before.ufrag);
  EXPECT_TRUE(media_flows(*publisher, *viewer)) << "on the old path until the new one is nominated";

  viewer->browser.move();
  viewer->browser.send_check(**ours, true);
  settle();
  EXPECT_TRUE(media_flows(*publisher, *viewer)) << "on the new path";

  const auto fresh = server_->create_peer({});
  std::promise<Status> refused;
  fresh->update_ice({"abcd", "0123456789012345678901"},
                    [&](const auto& given) { refused.set_value(given.status()); });
  EXPECT_EQ(reason_of(refused.get_future().get()), "NOT_NEGOTIATED");
}

TEST_F(Session, OffersThatAreRefusedDoNotRestartAnything) {
  auto publisher = publish();
  auto viewer = watch(publisher->sources);
  const auto before = viewer->browser.first_line();

  for (int attempt = 0; attempt < 3; ++attempt) {
    viewer->browser.restart_ice();
    for (int i = 0; i < 40; ++i)
      viewer->browser.lines().push_back(
          {std::to_string(100 + i), true, "sendonly", 100u + static_cast<uint32_t>(i)});  // too many streams
    const auto refused = viewer->browser.join(*viewer->peer);
    ASSERT_FALSE(refused.ok());
    ASSERT_EQ(reason_of(refused.status()), "SDP_TOO_MANY_STREAMS");
    viewer->browser.lines().resize(2);
  }

  viewer->browser.move();
  viewer->browser.send_check({before.ufrag, before.password}, true);
  settle();
  EXPECT_TRUE(media_flows(*publisher, *viewer)) << "the credentials that were in use still are";
}

TEST_F(Session, IsToldAtOnceThatItsOnlyConnectionHasEnded) {
  std::promise<void> disconnected;
  PeerOptions options;
  options.events.on_state = [&](PeerState state, const std::string&) {
    if (state == PeerState::kDisconnected) disconnected.set_value();
  };
  Seat seat({.publishes = true, .tcp = true});
  seat.peer = server_->create_peer(options);
  offer(seat);
  ASSERT_TRUE(seat.browser.connect());

  seat.browser = TestPeer({});  // its connection ends without a goodbye

  EXPECT_EQ(disconnected.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST_F(Session, IsToldOfAPathThatChangesOverAndOverOnlySomeTimes) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> pairs;
  PeerOptions options;
  options.events.on_selected_pair = [&](const std::string& pair) {
    const std::lock_guard lock(mutex);
    pairs.push_back(pair);
    changed.notify_all();
  };
  Seat seat({});
  seat.peer = server_->create_peer(options);
  offer(seat);
  ASSERT_TRUE(seat.browser.connect());

  const auto begin = Clock::now();
  for (int i = 0; i < 100; ++i) {
    seat.browser.move();
    seat.browser.send_check();
  }
  const auto last = ":" + std::to_string(local_port(seat.browser.descriptor()));
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20),
                               [&] { return !pairs.empty() && pairs.back().ends_with(last); }));
  EXPECT_LE(std::ssize(pairs), PeerWatch::kAtOnce + 1 + (Clock::now() - begin) / PeerWatch::kPace);
}

TEST_F(Session, IsToldWithinTenSecondsThatAPeerSaysNothingAnyMore) {
  std::promise<TimePoint> disconnected;
  PeerOptions options;
  options.events.on_state = [&](PeerState state, const std::string&) {
    if (state == PeerState::kDisconnected) disconnected.set_value(Clock::now());
  };
  Seat seat({.publishes = true});
  seat.peer = server_->create_peer(options);
  offer(seat);
  ASSERT_TRUE(seat.browser.connect());

  const auto last_check = Clock::now();
  seat.browser.send_check();

  auto told = disconnected.get_future();
  ASSERT_EQ(told.wait_until(last_check + std::chrono::seconds(20)), std::future_status::ready);
  // Its tenth second, by what the worker promises; a busy machine tells it later.
  const auto after = told.get() - last_check;
  EXPECT_GE(after, std::chrono::seconds(9));
  EXPECT_LE(after, std::chrono::seconds(15));
}

TEST_F(Session, ALineThatIsRejectedEndsItsTrackAndOneThatPausesKeepsIt) {
  auto publisher = publish();
  publisher->browser.lines().push_back({"2", true, "sendonly", 3333});
  offer(*publisher);
  ASSERT_EQ(publisher->sources.size(), 3u);
  const auto paused = publisher->sources[1];

  publisher->browser.lines()[1].direction = "inactive";
  publisher->browser.lines()[2].rejected = true;
  offer(*publisher);

  ASSERT_EQ(publisher->sources.size(), 2u);
  EXPECT_EQ(publisher->sources[1], paused);
  publisher->browser.lines()[1].direction = "sendonly";
  offer(*publisher);
  auto viewer = watch(publisher->sources);
  EXPECT_TRUE(media_flows(*publisher, *viewer));
}

TEST_F(Session, ALineThatIsUsedAgainAndAgainTakesNoMoreSsrcs) {
  auto publisher = publish();
  auto viewer = watch(publisher->sources);
  std::set<uint32_t> ssrcs;
  for (int round = 0; round < 6; ++round) {
    viewer->browser.lines()[1].rejected = true;
    offer(*viewer);
    viewer->browser.lines()[1].rejected = false;
    viewer->browser.lines()[1].mid = "again-" + std::to_string(round);
    offer(*viewer);
    for (const auto& entry : viewer->browser.answer().media.at(1).ssrcs) ssrcs.insert(entry.ssrc);

    viewer->browser.clear();
    publisher->browser.send({.key_frame = true, .sequence = sequence_++, .timestamp = timestamp_ += 3000});
    ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) > 0; })) << round;
  }
  EXPECT_LE(ssrcs.size(), 2u * 2u) << "the former's and the next one's, each with that of its RTX";
  EXPECT_EQ(viewer->browser.failed_to_open(), 0u);
}

TEST_F(Session, FollowsAViewerToAnotherAddressOnceItNominatesIt) {
  auto publisher = publish();
  auto viewer = watch(publisher->sources);
  ASSERT_TRUE(media_flows(*publisher, *viewer));

  viewer->browser.move();
  viewer->browser.send_check(true);
  settle();

  EXPECT_TRUE(media_flows(*publisher, *viewer));
}

TEST_F(Session, TakesAPublishersMediaFromAnotherAddressOnlyAfterACheckFromThere) {
  auto publisher = publish();
  auto viewer = watch(publisher->sources);
  ASSERT_TRUE(media_flows(*publisher, *viewer));

  publisher->browser.move();
  const auto refused = server_->statistics().refused_datagrams;
  publisher->browser.send({.key_frame = true, .sequence = sequence_++, .timestamp = timestamp_ += 3000});
  ASSERT_TRUE(
      publisher->browser.receive_until([&] { return server_->statistics().refused_datagrams > refused; }));
  publisher->browser.send_check(true);
  settle();

  EXPECT_TRUE(media_flows(*publisher, *viewer));
}

TEST_F(Session, AnotherOfferAddsATrackAndTakesItAwayAgain) {
  constexpr uint32_t kSecond = 3333;
  auto publisher = publish();
  publisher->browser.lines().push_back({"2", true, "sendonly", kSecond});
  offer(*publisher);
  ASSERT_EQ(publisher->sources.size(), 3u);
  EXPECT_EQ(publisher->sources[2]->mid(), "2");

  auto viewer = watch(publisher->sources);
  ASSERT_TRUE(media_flows(*publisher, *viewer));
  viewer->browser.lines().push_back({"2", true, "recvonly"});
  offer(*viewer);
  settle();
  ASSERT_TRUE(media_flows(*publisher, *viewer, kSecond)) << "its consumer has waited for a line";
  const auto ssrcs = video_ssrcs(viewer->browser);
  EXPECT_EQ(ssrcs.front(), viewer->browser.answer().media.at(2).ssrcs.at(0).ssrc);

  viewer->browser.lines().back().direction = "inactive";
  offer(*viewer);
  settle();
  publisher->browser.send(
      {.key_frame = true, .sequence = sequence_++, .timestamp = timestamp_ += 3000, .ssrc = kSecond});
  EXPECT_TRUE(media_flows(*publisher, *viewer)) << "what came first would have been counted";
}

TEST_F(Session, ForwardsTheSimulcastEncodingThatIsConsumedAndNoOther) {
  auto publisher = publish({.publishes = true, .rids = {"h", "l"}});
  ASSERT_EQ(publisher->sources.size(), 3u);
  EXPECT_EQ(publisher->sources[1]->rid(), "h");
  EXPECT_EQ(publisher->sources[2]->rid(), "l");
  auto viewer = watch({publisher->sources[2]});

  for (uint16_t i = 0; i < 10; ++i) {
    const auto timestamp = 3000u * i;
    publisher->browser.send(
        {.key_frame = i == 0, .sequence = i, .timestamp = timestamp, .size = 1000, .ssrc = 50, .rid = "h"});
    publisher->browser.send(
        {.key_frame = i == 0, .sequence = i, .timestamp = timestamp, .size = 300, .ssrc = 60, .rid = "l"});
  }

  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 10; }));
  for (const auto& packet : viewer->browser.rtp()) EXPECT_EQ(RtpView::parse(packet)->payload().size(), 300u);
}

TEST_F(Session, AsksForAKeyFrameAcrossThreadsAndForwardsIt) {
  auto publisher = publish();
  auto viewer = watch(publisher->sources, {}, 1);
  ASSERT_EQ(viewer->browser.server().port(), server_->port(1));

  EXPECT_TRUE(publisher->browser.receive_until([&] { return publisher->browser.asked_for_key_frame(); }));
  EXPECT_TRUE(media_flows(*publisher, *viewer));
}

}  // namespace
}  // namespace kms::rtc
