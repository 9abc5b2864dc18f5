// SPDX-License-Identifier: Apache-2.0
// RTCP between a publisher, the server and viewers: what reports say, and which requests go on.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <set>

#include "kms-core/rtc/local_source.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"
#include "kms-core/rtc/tap.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

test::Packet sender_report(uint32_t ssrc, uint64_t ntp, uint32_t timestamp) {
  test::Packet report(100);
  RtcpWriter writer(report);
  writer.sender_report({ssrc, ntp, timestamp, 0, 0}, {});
  report.resize(writer.size());
  return report;
}

template <typename Visit>
void for_each_packet(const TestPeer& browser, const Visit& visit) {
  for (const auto& compound : browser.rtcp()) {
    RtcpReader reader(compound);
    while (const auto packet = reader.next()) visit(*packet);
  }
}

// The latest of each SSRC.
std::map<uint32_t, SenderInfo> sender_reports(const TestPeer& browser) {
  std::map<uint32_t, SenderInfo> all;
  for_each_packet(browser, [&](const RtcpPacket& packet) {
    if (const auto info = read_sender_info(packet)) all[info->ssrc] = *info;
  });
  return all;
}

std::set<uint32_t> names_in(const TestPeer& browser, std::string* cname) {
  std::set<uint32_t> ssrcs;
  for_each_packet(browser, [&](const RtcpPacket& packet) {
    const auto name = read_cname(packet, 0);
    if (!name) return;
    ssrcs.insert(name->ssrc);
    *cname = name->cname;
  });
  return ssrcs;
}

size_t key_frame_requests(const TestPeer& browser) {
  size_t count = 0;
  for_each_packet(browser, [&](const RtcpPacket& packet) { count += is_pli(packet) ? 1 : 0; });
  return count;
}

class Reports : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = kms::test::start_rtc();
    PeerOptions sender;
    sender.events.on_goodbye = [this] { ++goodbyes_; };
    sender_ = server_->create_peer(std::move(sender));
    sources_ = publisher_.join(*sender_)->sources;
    ASSERT_TRUE(publisher_.connect());
  }
  void watch(TestPeer& viewer, size_t times = 1) {
    receivers_.push_back(server_->create_peer({}));
    for (size_t i = 0; i < times; ++i) {
      for (const auto& source : sources_) consumers_.push_back(receivers_.back()->consume(source));
    }
    ASSERT_TRUE(viewer.join(*receivers_.back()).ok());
    ASSERT_TRUE(viewer.connect());
  }

  std::atomic<int> goodbyes_ = 0;
  std::unique_ptr<Server> server_;
  TestPeer publisher_{{.publishes = true}};
  std::unique_ptr<Peer> sender_;
  std::vector<SourceRef> sources_;
  std::vector<std::unique_ptr<Peer>> receivers_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
};

TEST_F(Reports, TellAViewerWhenItsPacketsWereCapturedAndHowManyThereWere) {
  TestPeer viewer({});
  watch(viewer);
  const uint32_t ssrc = viewer.answer().media.at(1).ssrcs.at(0).ssrc;
  const auto told_at = Clock::now();
  for (uint16_t i = 0; i < 5; ++i)
    publisher_.send({.key_frame = i == 0, .sequence = i, .timestamp = 90'000u + 3000u * i, .size = 500});
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 5; }));

  // Each second has 90,000 ticks, in the sender's clock and in ours.
  ASSERT_TRUE(viewer.receive_until([&] { return sender_reports(viewer).contains(ssrc); }));
  const auto took = std::chrono::duration<double>(Clock::now() - told_at).count();

  const auto first = sender_reports(viewer)[ssrc];
  EXPECT_EQ(first.packets, 5u);
  EXPECT_EQ(first.octets, 5 * 500u);
  // All came at once: what was captured when is known to within the length of it.
  const auto ahead = static_cast<int32_t>(first.rtp_timestamp - 102'000);
  EXPECT_LE(ahead, took * 90'000);
  EXPECT_GE(ahead, -12'000);
  viewer.clear();
  ASSERT_TRUE(viewer.receive_until([&] { return sender_reports(viewer).contains(ssrc); }));
  const auto second = sender_reports(viewer)[ssrc];
  const double seconds = static_cast<double>(second.ntp - first.ntp) / 4294967296.0;
  EXPECT_GT(seconds, 0.5);
  EXPECT_NEAR(static_cast<double>(second.rtp_timestamp - first.rtp_timestamp), seconds * 90'000, 10);
}

TEST_F(Reports, ComeForEachOfMoreLinesThanFitIntoOnePacket) {
  constexpr size_t kLines = 30;
  TestPeer viewer({});
  for (size_t i = viewer.lines().size(); i < kLines + 1; ++i)
    viewer.lines().push_back({std::to_string(i), true, "recvonly"});
  watch(viewer, kLines);
  publisher_.send({.key_frame = true});
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == kLines; }));

  EXPECT_TRUE(viewer.receive_until([&] { return sender_reports(viewer).size() == kLines; }));
  std::string cname;
  EXPECT_EQ(names_in(viewer, &cname).size(), kLines) << "a report without a name may not be used";
  EXPECT_EQ(cname, sources_[1]->cname());
}

// What the reports of a stream say of when `timestamp` was captured, NTP seconds.
double captured_at(const SenderInfo& report, uint32_t timestamp, uint32_t rate) {
  const auto ticks = static_cast<int32_t>(report.rtp_timestamp - timestamp);
  return static_cast<double>(report.ntp & 0xffffffffff) / 4294967296.0 - static_cast<double>(ticks) / rate;
}

TEST_F(Reports, SoundAndPicturesThatWereMadeOfTheSameMomentAreToldToBe) {
  const auto tap = server_->tap(sources_[1], {});
  LocalSourceOptions options;
  options.codec = Codec::kVp8;
  options.cname = sources_[1]->cname();
  const auto filtered = server_->create_local_source(options);
  sources_[1] = filtered->source();
  TestPeer viewer({});
  watch(viewer);
  const auto ssrc_of = [&](size_t line) { return viewer.answer().media.at(line).ssrcs.at(0).ssrc; };
  // Pictures came a while after the sound of their moment, and both of the sender's clocks say which that is.
  constexpr uint64_t kMoment = uint64_t{5000} << 32;
  const auto begin = Clock::now();
  publisher_.send({.video = false, .timestamp = 48'000, .size = 80});
  publisher_.send({.key_frame = true, .timestamp = 90'000});
  publisher_.send_rtcp(sender_report(TestPeer::kAudioSsrc, kMoment, 48'000));
  publisher_.send_rtcp(sender_report(TestPeer::kVideoSsrc, kMoment, 90'000));
  kms::test::settle(*server_);
  publisher_.send({.video = false, .sequence = 1, .timestamp = 48'000 + 960, .size = 80});
  publisher_.send({.key_frame = true, .sequence = 1, .timestamp = 90'000 + 1800});
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(false) == 2; }));

  PacketRef picture, next;
  const auto has_come = [&] {
    while (tap->pop(next)) picture = std::move(next);
    return picture && picture->timestamp == 91'800u;
  };
  ASSERT_TRUE(viewer.receive_until(has_come));
  const std::chrono::duration<double> apart = Clock::now() - begin;  // at most, sound and pictures came
  ASSERT_TRUE(filtered->push({picture->media(), 777'000, true, picture->captured}));
  filtered->flush();

  ASSERT_TRUE(viewer.receive_until([&] { return sender_reports(viewer).size() == 2; }));
  auto reports = sender_reports(viewer);
  const double sound = captured_at(reports[ssrc_of(0)], 48'960, 48'000);
  const double pictures = captured_at(reports[ssrc_of(1)], 777'000, 90'000);
  EXPECT_NEAR(sound, pictures, 0.02 + apart.count()) << "the way from arrival to reports has just begun";
}

TEST_F(Reports, RequestsForAKeyFrameGoToThePublisherOnceInAWhile) {
  TestPeer first({}), second({});
  watch(first);
  watch(second);
  ASSERT_TRUE(publisher_.receive_until([&] { return key_frame_requests(publisher_) > 0; }));
  publisher_.send({.key_frame = true});
  ASSERT_TRUE(first.receive_until([&] { return first.count(true) == 1; }));
  publisher_.clear();

  const auto begin = Clock::now();
  for (uint8_t i = 0; i < 50; ++i) {
    for (auto* viewer : {&first, &second}) {
      const auto ssrc = viewer->answer().media.at(1).ssrcs.at(0).ssrc;
      test::Packet request(100);
      RtcpWriter writer(request);
      if (i % 2) writer.pli({1, ssrc});
      if (i % 2 == 0) writer.fir(1, {ssrc, i});
      request.resize(writer.size());
      viewer->send_rtcp(request);
    }
    kms::test::settle(*server_);  // each is read before the next comes
  }
  ASSERT_TRUE(publisher_.receive_until([&] { return key_frame_requests(publisher_) > 0; }));
  const auto took = Clock::now() - begin;

  EXPECT_LE(key_frame_requests(publisher_), 1u + static_cast<size_t>(took / std::chrono::milliseconds(500)));
}

TEST_F(Reports, AGoodbyeEndsASourceUntilItComesAgain) {
  TestPeer viewer({});
  watch(viewer);
  publisher_.send({.key_frame = true, .sequence = 7});
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 1; }));
  const auto ssrc = viewer.answer().media.at(1).ssrcs.at(0).ssrc;
  const auto last = RtpView::parse(viewer.rtp().front())->sequence();

  publisher_.send_rtcp(test::goodbye(TestPeer::kVideoSsrc));
  ASSERT_TRUE(publisher_.receive_until([&] { return sources_[1]->ended(); }));
  publisher_.send_rtcp(test::goodbye(TestPeer::kVideoSsrc));
  kms::test::settle(*server_);
  EXPECT_EQ(goodbyes_, 1);
  EXPECT_FALSE(sources_[0]->ended());
  test::Packet request(100);
  RtcpWriter writer(request);
  writer.pli({1, ssrc});
  request.resize(writer.size());
  publisher_.read_available();
  publisher_.clear();
  viewer.send_rtcp(request);
  EXPECT_FALSE(publisher_.receive_until([&] { return publisher_.asked_for_key_frame(); },
                                        std::chrono::milliseconds(700)));

  viewer.clear();
  publisher_.send({.key_frame = true, .sequence = 8, .timestamp = 90'000});
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 1; }));
  EXPECT_FALSE(sources_[1]->ended());
  EXPECT_EQ(RtpView::parse(viewer.rtp().front())->sequence(), static_cast<uint16_t>(last + 1));
}

TEST_F(Reports, ARequestThatNamesTheRetransmissionStreamIsNotTakenForOneOfMedia) {
  TestPeer viewer({});
  watch(viewer);
  publisher_.send({.key_frame = true, .sequence = 7});
  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 1; }));
  const auto sequence = RtpView::parse(viewer.rtp().front())->sequence();
  const auto& ssrcs = viewer.answer().media.at(1).ssrc_groups.at(0).ssrcs;
  const auto before = server_->statistics().media_out;
  viewer.clear();

  for (const auto ssrc : {ssrcs.at(1), ssrcs.at(0)}) {  // the repair's, then media's
    test::Packet nack(100);
    RtcpWriter writer(nack);
    writer.nack({1, ssrc}, std::array{sequence});
    nack.resize(writer.size());
    viewer.send_rtcp(nack);
  }

  ASSERT_TRUE(viewer.receive_until([&] { return !viewer.rtp().empty(); }));
  EXPECT_EQ(server_->statistics().media_out, before + 1);
}

}  // namespace
}  // namespace kms::rtc
