// SPDX-License-Identifier: Apache-2.0
// What the way to a peer bears, over real sockets: numbers in packets, feedback, probes, statistics.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <set>

#include "kms-core/rtc/bandwidth/rate_control.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using test::TestPeer;

std::optional<uint16_t> number_of(const test::Packet& packet) {
  const auto value = RtpView::parse(packet)->extension(TestPeer::kTransportSequenceId);
  return value && value->size() == 2 ? std::optional(load_u16(value->data())) : std::nullopt;
}

test::Packet nack(uint32_t ssrc, uint16_t sequence) {
  return test::compound([&](RtcpWriter& writer) { writer.nack({1, ssrc}, std::span(&sequence, 1)); });
}

class Bandwidth : public ::testing::Test {
 protected:
  Bandwidth() {
    server_ = kms::test::start_rtc();
    sender_ = server_->create_peer({});
    sources_ = publisher_.join(*sender_)->sources;
    EXPECT_TRUE(publisher_.connect());
  }

  TestPeer& watch(const TestPeer::Options& options) {
    viewer_ = std::make_unique<TestPeer>(options);
    receiver_ = server_->create_peer({});
    for (const auto& source : sources_) consumers_.push_back(receiver_->consume(source));
    EXPECT_TRUE(viewer_->join(*receiver_).ok());
    EXPECT_TRUE(viewer_->connect());
    return *viewer_;
  }

  // A frame of pictures and a packet of sound.
  void send(bool key_frame = false, int packets = 3, size_t size = 900) {
    for (int i = 0; i < packets; ++i) {
      publisher_.send({true, key_frame && i == 0, i + 1 == packets, video_++, timestamp_, size});
    }
    publisher_.send({false, false, true, audio_, audio_ * 960u, 80});
    ++audio_;
    timestamp_ += 3000;
  }

  // Thirty frames a second and feedback every 50 ms, until `done` or the end of the time.
  bool stream_until(const std::function<bool()>& done, int packets_per_frame = 4, Duration limit = 40s) {
    const auto begin = Clock::now();
    auto feedback = begin;
    for (int frame = 0; Clock::now() - begin < limit; ++frame) {
      send(frame == 0, packets_per_frame, 1100);
      const auto next = begin + frame * 33ms;
      viewer_->receive_until([&] { return Clock::now() >= next; });
      if (Clock::now() >= feedback) {
        feedback += 50ms;
        viewer_->send_transport_feedback();
        if (done()) return true;
      }
    }
    return false;
  }

  std::optional<double> available() {
    std::promise<Result<PeerStatistics>> promise;
    receiver_->statistics([&](Result<PeerStatistics> all) { promise.set_value(std::move(all)); });
    return promise.get_future().get()->available_outgoing_bps;
  }

  size_t repairs() const {
    return static_cast<size_t>(std::ranges::count_if(
        viewer_->rtp(), [](const test::Packet& packet) { return (packet[1] & 0x7f) == TestPeer::kRtxType; }));
  }

  std::unique_ptr<Server> server_;
  TestPeer publisher_{{.publishes = true}};
  std::unique_ptr<Peer> sender_;
  std::vector<SourceRef> sources_;
  std::unique_ptr<TestPeer> viewer_;
  std::unique_ptr<Peer> receiver_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  uint16_t video_ = 100;
  uint16_t audio_ = 200;
  uint32_t timestamp_ = 90'000;
};

TEST_F(Bandwidth, PacketsOfAllLinesAndRepairsShareOneCount) {
  auto& viewer = watch({.transport_cc = true});
  for (int frame = 0; frame < 5; ++frame) send(frame == 0);
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 15 && viewer.count(false) == 5; }));
  const auto video = std::ranges::find_if(
      viewer.rtp(), [](const test::Packet& packet) { return (packet[1] & 0x7f) == TestPeer::kVideoType; });
  const auto lost = *RtpView::parse(*video);
  viewer.send_rtcp(nack(lost.ssrc(), lost.sequence()));
  viewer.send_rtcp(nack(lost.ssrc(), lost.sequence()));
  ASSERT_TRUE(viewer.receive_until([&] { return repairs() >= 2; }));

  std::set<uint16_t> numbers;
  for (const auto& packet : viewer.rtp()) {
    const auto number = number_of(packet);
    ASSERT_TRUE(number);
    EXPECT_TRUE(numbers.insert(*number).second) << *number << " came twice";
  }
  EXPECT_EQ(*numbers.rbegin() - *numbers.begin() + 1u, numbers.size()) << "without a gap";
}

TEST_F(Bandwidth, WithoutAReportOfThePeersPacketsHaveNoNumber) {
  auto& viewer = watch({});
  send(true);
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 3; }));
  for (const auto& packet : viewer.rtp()) EXPECT_FALSE(number_of(packet));
  EXPECT_FALSE(available());
}

// A number of its own would make the repair another packet under the same key stream.
TEST_F(Bandwidth, PicturesThatAreRepairedOnTheirOwnSsrcHaveNoNumber) {
  auto& viewer = watch({.rtx = false, .transport_cc = true});
  send(true);
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 3 && viewer.count(false) == 1; }));
  const auto all = viewer.rtp();
  for (const auto& packet : all) {
    EXPECT_EQ(number_of(packet).has_value(), (packet[1] & 0x7f) == TestPeer::kAudioType);
  }
  const auto video = *std::ranges::find_if(
      all, [](const test::Packet& packet) { return (packet[1] & 0x7f) == TestPeer::kVideoType; });
  const auto sound = *std::ranges::find_if(
      all, [](const test::Packet& packet) { return (packet[1] & 0x7f) == TestPeer::kAudioType; });
  viewer.clear();
  const auto lost_sound = *RtpView::parse(sound);
  const auto lost = *RtpView::parse(video);
  viewer.send_rtcp(nack(lost_sound.ssrc(), lost_sound.sequence()));
  viewer.send_rtcp(nack(lost.ssrc(), lost.sequence()));
  // The same bytes again, as the replay window tells; and sound does not come again.
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.failed_to_open() > 0; }));
  send();
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 3; }));
  EXPECT_EQ(viewer.failed_to_open(), 1u);
}

TEST_F(Bandwidth, TheEstimateRisesToWhatIsSentAndIsToldInStatistics) {
  watch({.transport_cc = true});
  EXPECT_TRUE(stream_until([&] { return available().value_or(0) > 1'000'000; }));
}

TEST_F(Bandwidth, ProbesAreRepairsThatNobodyAskedFor) {
  watch({.transport_cc = true});
  // Enough may be known for little by now; whether the way bears more has to be found out.
  bool probed = false;
  for (int packets = 1; packets <= 8 && !probed; ++packets)
    probed = stream_until([&] { return repairs() >= 2; }, packets, 5s);
  EXPECT_TRUE(probed);
  EXPECT_EQ(viewer_->failed_to_open(), 0u);
}

TEST_F(Bandwidth, WithoutFeedbackTheEstimateIsNotKnown) {
  auto& viewer = watch({.transport_cc = true});
  send(true);
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 3; }));
  EXPECT_FALSE(available());
}

TEST_F(Bandwidth, RubbishAsFeedbackChangesNothing) {
  auto& viewer = watch({.transport_cc = true});
  send(true);
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 3; }));
  for (const char fill : {'\x00', '\x20', '\x7f', '\xff'}) {
    test::Packet rubbish{0x8f, 205, 0, 9};
    rubbish.resize(40, static_cast<uint8_t>(fill));
    viewer.send_rtcp(rubbish);
  }
  send();
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 6; }));
  viewer.send_transport_feedback();
  EXPECT_TRUE(viewer.receive_until([&] { return available().has_value(); }));
}

TEST_F(Bandwidth, ARembCountsWhereThereIsNothingBetterWithinLimits) {
  auto& viewer = watch({.remb = true});
  const std::pair<uint64_t, double> said[] = {
      {0, RateLimits{}.least_bps}, {800'000, 800'000}, {10'000'000'000, RateLimits{}.most_bps}};
  for (const auto& [bitrate, counted] : said) {
    viewer.send_rtcp(test::compound([&](RtcpWriter& writer) { writer.remb(1, {.bitrate_bps = bitrate}); }));
    EXPECT_TRUE(viewer.receive_until([&] { return available() == counted; })) << bitrate;
  }
}

TEST_F(Bandwidth, TheServerKnowsAllEstimatesAndTheLeast) {
  auto& viewer = watch({.remb = true});
  TestPeer other({.remb = true});
  const auto second = server_->create_peer({});
  ASSERT_TRUE(other.join(*second).ok() && other.connect());
  EXPECT_EQ(server_->statistics().estimated_peers, 0u) << "nobody has said anything";

  const auto say = [](TestPeer& peer, uint64_t bps) {
    peer.send_rtcp(test::compound([&](RtcpWriter& writer) { writer.remb(1, {.bitrate_bps = bps}); }));
  };
  say(viewer, 800'000);
  say(other, 300'000);

  ASSERT_TRUE(viewer.receive_until([&] { return server_->statistics().estimated_peers == 2; }));
  const auto all = server_->statistics();
  EXPECT_EQ(all.available_outgoing_bps, 1'100'000);
  EXPECT_EQ(all.least_available_bps, 300'000);
}

}  // namespace
}  // namespace kms::rtc
