// SPDX-License-Identifier: Apache-2.0
// A server, a publisher and viewers over real sockets: what is sent, what arrives, what must not.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "kms-core/rtc/forwarding/key_frame_request.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

struct Seat {
  explicit Seat(const TestPeer::Options& options) : browser(options) {}
  TestPeer browser;
  std::unique_ptr<Peer> peer;
  std::vector<std::unique_ptr<Consumer>> consumers;
};

class Forwarding : public ::testing::TestWithParam<SrtpProfile> {
 protected:
  void start(size_t threads = 1, const HoldPolicy& hold = {}) {
    ServerOptions options;
    options.threads = threads;
    options.hold = hold;
    options.announced = {"127.0.0.1"};
    server_ = std::move(*Server::start(options));
  }

  std::unique_ptr<Seat> publish() {
    auto seat = std::make_unique<Seat>(TestPeer::Options{true, GetParam(), false, true});
    seat->peer = server_->create_peer({});
    sources_ = seat->browser.join(*seat->peer)->sources;
    EXPECT_TRUE(seat->browser.connect());
    return seat;
  }

  std::unique_ptr<Seat> watch(bool rtx = true) {
    auto seat = std::make_unique<Seat>(TestPeer::Options{false, GetParam(), false, rtx});
    seat->peer = server_->create_peer({{}, sources_.at(0)});
    for (const auto& source : sources_) seat->consumers.push_back(seat->peer->consume(source));
    EXPECT_TRUE(seat->browser.join(*seat->peer).ok());
    EXPECT_TRUE(seat->browser.connect());
    return seat;
  }

  void settle() { kms::test::settle(*server_); }

  // A frame of `packets` packets.
  void send_frame(TestPeer& browser, bool key_frame, int packets = 3) {
    for (int i = 0; i < packets; ++i) {
      browser.send({true, key_frame && i == 0, i + 1 == packets, sequence_++, timestamp_, size_t(900 + i)});
    }
    timestamp_ += 3000;
  }

  std::unique_ptr<Server> server_;
  std::vector<SourceRef> sources_;
  uint16_t sequence_ = 40'000;
  uint32_t timestamp_ = 90'000;
};

TEST_P(Forwarding, AConsumerCountsWhatWasSentToIt) {
  start();
  auto publisher = publish();
  auto viewer = watch();
  auto stranger = server_->create_peer({});
  const auto waiting = stranger->consume(sources_.at(1));  // its peer never comes

  send_frame(publisher->browser, false);  // nobody begins with it
  send_frame(publisher->browser, true);
  send_frame(publisher->browser, false);
  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) >= 6; }));

  const auto& consumer = *viewer->consumers.at(1);
  ASSERT_TRUE(viewer->browser.receive_until([&] { return consumer.packets() >= 6; }));
  EXPECT_EQ(consumer.packets(), 6U);
  EXPECT_EQ(consumer.bytes(), 2U * (900 + 901 + 902));
  EXPECT_EQ(sources_.at(1)->packets(), 9U);
  EXPECT_EQ(waiting->packets(), 0U);
}

TEST_P(Forwarding, BeginsWithAKeyFrameThatIsAskedFor) {
  start();
  auto publisher = publish();
  auto viewer = watch();

  ASSERT_TRUE(publisher->browser.receive_until([&] { return publisher->browser.asked_for_key_frame(); }));
  send_frame(publisher->browser, false);
  send_frame(publisher->browser, true);
  send_frame(publisher->browser, false);
  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) >= 6; }));

  const auto first = *RtpView::parse(viewer->browser.rtp().front());
  EXPECT_EQ(first.timestamp(), timestamp_ - 6000);
  EXPECT_EQ(first.payload()[1] & 1, 0);
  EXPECT_EQ(viewer->browser.count(true), 6u);
  EXPECT_EQ(viewer->browser.failed_to_open(), 0u);
}

TEST_P(Forwarding, WhoComesSoonAfterAKeyFrameCatchesUpFromItAndMissesNothing) {
  start();
  auto publisher = publish();
  auto first = watch();
  auto second = watch();
  for (auto begin = TimePoint{}; Clock::now() - begin > KeyFrameRequest::kInterval;) {  // that was not soon
    second->consumers.clear();
    settle();
    for (auto* each : {&first->browser, &second->browser}) {
      each->read_available();
      each->clear();
    }
    begin = Clock::now();
    for (int frame = 0; frame < 3; ++frame) send_frame(publisher->browser, frame == 0);
    ASSERT_TRUE(first->browser.receive_until([&] { return first->browser.count(true) == 9; }));
    ASSERT_EQ(second->browser.count(true), 0u);
    for (const auto& source : sources_) second->consumers.push_back(second->peer->consume(source));
    settle();
  }
  ASSERT_TRUE(second->browser.receive_until([&] { return second->browser.count(true) == 9; }));
  send_frame(publisher->browser, false);

  ASSERT_TRUE(second->browser.receive_until([&] { return second->browser.count(true) == 12; }));
  const auto base = RtpView::parse(second->browser.rtp().front())->sequence();
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(RtpView::parse(second->browser.rtp()[i])->sequence(), static_cast<uint16_t>(base + i));
  }
  EXPECT_EQ(second->browser.failed_to_open(), 0u);
}

TEST_P(Forwarding, WhoComesAfterALossWaitsForANewKeyFrame) {
  start();
  auto publisher = publish();
  auto first = watch();
  send_frame(publisher->browser, true);
  ++sequence_;  // lost for good
  send_frame(publisher->browser, false);
  ASSERT_TRUE(first->browser.receive_until([&] { return first->browser.count(true) == 6; }));
  auto second = watch();
  settle();
  send_frame(publisher->browser, false);
  send_frame(publisher->browser, true);

  ASSERT_TRUE(second->browser.receive_until([&] { return second->browser.count(true) == 3; }));
  EXPECT_EQ(RtpView::parse(second->browser.rtp().front())->timestamp(), timestamp_ - 3000);
}

TEST_P(Forwarding, KeepsOrderMarkersAndPayloadAndSpeaksWithItsOwnNames) {
  start();
  auto publisher = publish();
  auto viewer = watch();
  for (int frame = 0; frame < 20; ++frame) send_frame(publisher->browser, frame == 0);
  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 60; }));

  const auto& lines = viewer->browser.answer().media;
  const auto base = RtpView::parse(viewer->browser.rtp().front())->sequence();
  for (size_t i = 0; i < 60; ++i) {
    const auto view = *RtpView::parse(viewer->browser.rtp()[i]);
    EXPECT_EQ(view.sequence(), static_cast<uint16_t>(base + i));
    EXPECT_EQ(view.ssrc(), lines.at(1).ssrcs.at(0).ssrc);
    EXPECT_EQ(view.marker(), i % 3 == 2);
    EXPECT_EQ(view.payload().size(), 900 + i % 3);
    const auto mid = view.extension(1);
    ASSERT_TRUE(mid);
    EXPECT_EQ(std::string(mid->begin(), mid->end()), "1");
  }
}

TEST_P(Forwarding, HoldsFramesForManyReceiversAndPadsTheirPacketsToOneSize) {
  start(1, {.longest = std::chrono::seconds(20)});  // whoever is slow to send the rest
  auto publisher = publish();
  std::vector<std::unique_ptr<Seat>> viewers;
  for (int i = 0; i < 12; ++i) viewers.push_back(watch());
  settle();
  const auto before = server_->statistics();
  for (int frame = 0; frame < 10; ++frame) send_frame(publisher->browser, frame == 0, 6);

  for (auto& viewer : viewers) {
    ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 60; }));
    EXPECT_EQ(viewer->browser.failed_to_open(), 0u);
    for (const auto& packet : viewer->browser.rtp()) EXPECT_LE(RtpView::parse(packet)->padding_size(), 64u);
  }
  const auto after = server_->statistics();
  const auto packets = after.packets_out - before.packets_out;
  EXPECT_LT(after.messages_out - before.messages_out, packets / 3);
}

TEST_P(Forwarding, SendsSoundWithoutWaitingForPictures) {
  start();
  auto publisher = publish();
  auto viewer = watch();
  for (uint16_t i = 0; i < 10; ++i) publisher->browser.send({false, false, true, i, uint32_t(i) * 960, 80});

  EXPECT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(false) == 10; }));
}

TEST_P(Forwarding, AnswersANackWithRtx) {
  start();
  auto publisher = publish();
  auto viewer = watch();
  for (int frame = 0; frame < 5; ++frame) send_frame(publisher->browser, frame == 0);
  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 15; }));
  const auto wanted = viewer->browser.rtp()[7];
  const auto original = *RtpView::parse(wanted);
  viewer->browser.clear();

  test::Packet nack(100);
  RtcpWriter writer(nack);
  const uint16_t sequences[] = {original.sequence()};
  writer.nack({1, original.ssrc()}, sequences);
  nack.resize(writer.size());
  viewer->browser.send_rtcp(nack);

  ASSERT_TRUE(viewer->browser.receive_until([&] { return !viewer->browser.rtp().empty(); }));
  const auto repair = *RtpView::parse(viewer->browser.rtp().front());
  EXPECT_EQ(repair.payload_type(), TestPeer::kRtxType);
  EXPECT_EQ(repair.timestamp(), original.timestamp());
  EXPECT_EQ(load_u16(repair.payload().data()), original.sequence());
  EXPECT_TRUE(std::ranges::equal(repair.payload().subspan(2), original.payload()));
}

TEST_P(Forwarding, AsksThePublisherForWhatIsMissing) {
  start();
  auto publisher = publish();
  auto viewer = watch();  // nothing is asked for that nobody takes
  send_frame(publisher->browser, true);
  ++sequence_;
  send_frame(publisher->browser, false);
  const uint16_t missing = static_cast<uint16_t>(sequence_ - 4);

  EXPECT_TRUE(publisher->browser.receive_until([&] {
    return std::ranges::any_of(publisher->browser.rtcp(), [&](const test::Packet& compound) {
      RtcpReader reader(compound);
      const auto packet = reader.next();
      return packet && packet->type == rtcp::kTransportFeedback && load_u16(&packet->body[8]) == missing;
    });
  }));
}

TEST_P(Forwarding, CrossesThreadsWithoutLoss) {
  start(2);
  auto publisher = publish();
  auto viewer = std::make_unique<Seat>(TestPeer::Options{false, GetParam(), false, true});
  viewer->peer = server_->create_peer({{}, nullptr, 1});
  for (const auto& source : sources_) viewer->consumers.push_back(viewer->peer->consume(source));
  ASSERT_TRUE(viewer->browser.join(*viewer->peer).ok());
  ASSERT_TRUE(viewer->browser.connect());
  EXPECT_EQ(viewer->browser.server().port(), server_->port(1));
  settle();

  for (int frame = 0; frame < 100; ++frame) {
    send_frame(publisher->browser, frame == 0);
    viewer->browser.receive_until([] { return true; });
  }

  EXPECT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 300; }));
  EXPECT_EQ(viewer->browser.failed_to_open(), 0u);
}

TEST_P(Forwarding, ASourceThatEndsLeavesItsViewersAloneAndAnotherTakesItsPlaceOnTheSameSsrc) {
  start();
  auto first = publish();
  auto viewer = watch();
  send_frame(first->browser, true);
  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 3; }));
  const auto last_packet = viewer->browser.rtp().back();
  const auto last = RtpView::parse(last_packet)->sequence();
  const auto last_timestamp = RtpView::parse(last_packet)->timestamp();
  viewer->browser.clear();

  first.reset();
  viewer->consumers.clear();
  auto second = publish();
  for (const auto& source : sources_) viewer->consumers.push_back(viewer->peer->consume(source));
  settle();
  timestamp_ = 3'000'000'000;  // another sender's clock
  send_frame(second->browser, true);

  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 3; }));
  EXPECT_EQ(RtpView::parse(viewer->browser.rtp().front())->sequence(), static_cast<uint16_t>(last + 1));
  const uint32_t step = RtpView::parse(viewer->browser.rtp().front())->timestamp() - last_timestamp;
  EXPECT_GE(step, 1u);
  EXPECT_LE(step, 60u * 90'000) << "the time that passed, not the distance of two senders' clocks";
  EXPECT_EQ(viewer->browser.failed_to_open(), 0u);
}

TEST_P(Forwarding, APublisherMayTakeANewSsrcOnTheSameLine) {
  start();
  auto publisher = publish();
  auto viewer = watch();
  send_frame(publisher->browser, true);
  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 3; }));
  const auto last = RtpView::parse(viewer->browser.rtp().back())->sequence();
  viewer->browser.clear();

  publisher->browser.send({true, true, true, 12'000, 5, 700, 4711});
  publisher->browser.send({true, false, true, 12'001, 3005, 700, 4711});

  ASSERT_TRUE(viewer->browser.receive_until([&] { return viewer->browser.count(true) == 2; }));
  EXPECT_EQ(RtpView::parse(viewer->browser.rtp().front())->sequence(), static_cast<uint16_t>(last + 1));
  EXPECT_EQ(viewer->browser.failed_to_open(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Profiles, Forwarding,
                         ::testing::Values(SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80));

}  // namespace
}  // namespace kms::rtc
