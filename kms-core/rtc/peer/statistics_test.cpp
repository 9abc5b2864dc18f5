// SPDX-License-Identifier: Apache-2.0
// What a peer's statistics say of media that has gone through.
#include <gtest/gtest.h>

#include <array>
#include <future>

#include "kms-core/rtc/forwarding/sender_clock.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::compound;
using test::TestPeer;

class Statistics : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = kms::test::start_rtc();
    sender_ = server_->create_peer({});
    const auto sources = publisher_.join(*sender_)->sources;
    ASSERT_TRUE(publisher_.connect());
    receiver_ = server_->create_peer({});
    for (const auto& source : sources) consumers_.push_back(receiver_->consume(source));
    ASSERT_TRUE(viewer_.join(*receiver_).ok());
    ASSERT_TRUE(viewer_.connect());
  }
  static PeerStatistics of(Peer& peer) {
    std::promise<Result<PeerStatistics>> promise;
    peer.statistics([&](Result<PeerStatistics> result) { promise.set_value(std::move(result)); });
    return *promise.get_future().get();
  }
  uint32_t video_ssrc() const { return viewer_.answer().media.at(1).ssrcs.at(0).ssrc; }
  void send_frames(uint16_t first, uint16_t count) {
    for (uint16_t i = first; i < first + count; ++i)
      publisher_.send({.key_frame = i == 0, .sequence = i, .timestamp = 3000u * i, .size = 500});
  }

  std::unique_ptr<Server> server_;
  TestPeer publisher_{{.publishes = true}};
  TestPeer viewer_{TestPeer::Options{}};
  std::unique_ptr<Peer> sender_, receiver_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
};

TEST_F(Statistics, CountWhatComesAndWhatGoesOn) {
  send_frames(0, 10);
  ASSERT_TRUE(viewer_.receive_until([&] { return viewer_.count(true) == 10; }));

  const auto in = of(*sender_);
  ASSERT_EQ(in.inbound.size(), 2u);
  const auto& pictures = in.inbound[1];
  EXPECT_TRUE(pictures.video && pictures.mid == "1" && pictures.codec == Codec::kVp8);
  EXPECT_EQ(pictures.payload_type, TestPeer::kVideoType);
  EXPECT_EQ(pictures.ssrc, TestPeer::kVideoSsrc);
  EXPECT_EQ(pictures.packets, 10u);
  EXPECT_EQ(pictures.bytes, 5000u);
  EXPECT_EQ(pictures.packets_lost, 0);
  EXPECT_GE(pictures.pli_count, 1u) << "the viewer began with a key frame";
  EXPECT_GE(in.packets_received, 10u);
  EXPECT_GE(in.requests_received, 1u);
  EXPECT_EQ(in.ice_state, IceTransportState::kConnected);
  EXPECT_EQ(in.dtls_state, DtlsTransportState::kConnected);
  EXPECT_EQ(in.srtp_cipher, "AES_CM_128_HMAC_SHA1_80");
  EXPECT_EQ(in.selected_pair.substr(0, 14), "udp 127.0.0.1:");

  const auto out = of(*receiver_);
  ASSERT_EQ(out.outbound.size(), 2u);
  EXPECT_EQ(out.outbound[1].ssrc, video_ssrc());
  EXPECT_EQ(out.outbound[1].packets, 10u);
  EXPECT_EQ(out.outbound[1].bytes, 5000u);
  EXPECT_GE(out.bytes_sent, 5000u);
  EXPECT_EQ(out.outbound[0].packets, 0u);
  EXPECT_TRUE(out.inbound.empty());
}

// Also of a stream that is not sent any more.
TEST_F(Statistics, CountWholeDatagrams) {
  constexpr size_t kTag = 10;
  const auto before = of(*receiver_);
  send_frames(0, 10);
  ASSERT_TRUE(viewer_.receive_until([&] { return viewer_.count(true) == 10; }));
  size_t came = 0;
  for (const auto& packet : viewer_.rtp()) came += packet.size() + kTag;

  const auto after = of(*receiver_);
  EXPECT_GE(after.packets_sent, before.packets_sent + 10);
  EXPECT_GE(after.bytes_sent, before.bytes_sent + came);

  consumers_.clear();
  const auto last = of(*receiver_);
  EXPECT_GE(last.packets_sent, after.packets_sent);
  EXPECT_GE(last.bytes_sent, after.bytes_sent);
}

TEST_F(Statistics, CountRequestsAndRepairs) {
  send_frames(0, 3);
  ASSERT_TRUE(viewer_.receive_until([&] { return viewer_.count(true) == 3; }));
  const auto sequence = RtpView::parse(viewer_.rtp()[1])->sequence();
  const auto ssrc = video_ssrc();
  viewer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.nack({1, ssrc}, std::array{sequence}); }));
  viewer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.pli({1, ssrc}); }));
  viewer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.fir(1, {ssrc, 0}); }));
  ASSERT_TRUE(viewer_.receive_until([&] { return of(*receiver_).outbound[1].fir_count == 1; }));

  const auto out = of(*receiver_).outbound[1];
  EXPECT_EQ(out.nack_count, 1u);
  EXPECT_EQ(out.pli_count, 1u);
  EXPECT_EQ(out.retransmitted_packets, 1u);
  EXPECT_EQ(out.packets, 4u);
  EXPECT_EQ(out.bytes, 2000u);

  send_frames(5, 1);  // 3 and 4 are lost
  ASSERT_TRUE(publisher_.receive_until([&] { return of(*sender_).inbound[1].nack_count > 0; }));
  EXPECT_EQ(of(*sender_).inbound[1].packets_lost, 2);
}

TEST_F(Statistics, WhatComesAfterItsRepairWasNotLost) {
  send_frames(0, 3);
  send_frames(4, 2);  // 3 is lost
  TestPeer::Frame repair{.sequence = 1, .timestamp = 3 * 3000, .ssrc = 999, .type = TestPeer::kRtxType};
  repair.payload.assign(502, 0x55);
  store_u16(repair.payload.data(), 3);
  publisher_.send(repair);
  ASSERT_TRUE(viewer_.receive_until([&] { return viewer_.count(true) == 6; }));
  EXPECT_EQ(of(*sender_).inbound[1].packets_lost, 1) << "the way lost it";

  send_frames(3, 1);
  ASSERT_TRUE(publisher_.receive_until([&] { return of(*sender_).inbound[1].packets_lost == 0; }));
  const auto in = of(*sender_).inbound[1];
  EXPECT_EQ(in.packets, 7u) << "both came";
  EXPECT_EQ(in.bytes, 3500u);
  EXPECT_EQ(in.retransmitted_packets, 1u);
}

TEST_F(Statistics, SayWhatThePeerReports) {
  send_frames(0, 3);
  std::optional<SenderInfo> report;
  const auto reported = [&] {
    report = test::latest_report(viewer_.rtcp(), video_ssrc());
    return report.has_value();
  };
  ASSERT_TRUE(viewer_.receive_until(reported));
  EXPECT_EQ(of(*receiver_).outbound[1].round_trip_time_s, 0.0);

  // As if the report had been under way for 100 ms.
  ReportBlock block;
  block.ssrc = video_ssrc();
  block.fraction_lost = 64;
  block.cumulative_lost = 7;
  block.jitter = 900;
  block.last_sr = compact_ntp(report->ntp - ntp_of(std::chrono::milliseconds(100)));
  viewer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.receiver_report(1, {&block, 1}); }));
  ASSERT_TRUE(viewer_.receive_until([&] { return of(*receiver_).outbound[1].packets_lost == 7; }));

  const auto out = of(*receiver_).outbound[1];
  EXPECT_DOUBLE_EQ(out.fraction_lost, 0.25);
  EXPECT_DOUBLE_EQ(out.jitter_s, 0.01);
  EXPECT_GE(out.round_trip_time_s, 0.099);
  EXPECT_LT(out.round_trip_time_s, 5.1);
}

TEST_F(Statistics, OfTheServerKeepWhatPeersThatAreGoneDid) {
  send_frames(0, 3);
  ASSERT_TRUE(viewer_.receive_until([&] { return viewer_.count(true) == 3; }));
  const auto sequence = RtpView::parse(viewer_.rtp()[1])->sequence();
  const auto ssrc = video_ssrc();
  for (const uint32_t lost : {7u, 5u, 9u}) {  // a count that falls adds nothing
    ReportBlock block;
    block.ssrc = ssrc;
    block.cumulative_lost = static_cast<int32_t>(lost);
    viewer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.receiver_report(1, {&block, 1}); }));
  }
  viewer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.nack({1, ssrc}, std::array{sequence}); }));
  viewer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.pli({1, ssrc}); }));
  viewer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.fir(1, {ssrc, 0}); }));
  send_frames(5, 1);  // 3 and 4 are lost
  ASSERT_TRUE(viewer_.receive_until([&] { return server_->statistics().firs_received == 1; }));
  ASSERT_TRUE(publisher_.receive_until([&] { return server_->statistics().lost_incoming == 2; }));

  consumers_.clear();
  receiver_.reset();
  sender_.reset();

  const auto all = server_->statistics();
  EXPECT_EQ(all.peers, 0u);
  EXPECT_EQ(all.nacks_received, 1u);
  EXPECT_GE(all.nacks_sent, 1u);
  EXPECT_EQ(all.plis_received, 1u);
  EXPECT_GE(all.plis_sent, 1u);
  EXPECT_EQ(all.resent, 1u);
  EXPECT_EQ(all.lost_incoming, 2u);
  EXPECT_EQ(all.lost_outgoing, 9u);
  EXPECT_GT(all.bytes_in, 4 * 500u);
}

TEST_F(Statistics, LinesThatNothingIsSentOnAreStillThere) {
  consumers_.clear();
  server_->statistics();
  EXPECT_EQ(of(*receiver_).outbound.size(), 2u);
  EXPECT_EQ(of(*receiver_).outbound[1].packets, 0u);
}

}  // namespace
}  // namespace kms::rtc
