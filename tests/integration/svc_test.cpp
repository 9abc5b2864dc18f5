// SPDX-License-Identifier: Apache-2.0
// Spatial and temporal layers over gRPC: what a receiver is bounded to, and what the numbers say.
#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/rtc/forwarding/test_layers.hpp"
#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using rtc::test::LayerChecker;
using rtc::test::LayeredStream;
using rtc::test::TestPeer;

// One who sends VP9 with three layers of each kind, and one who sees it.
struct Svc : WithEndpoint {
  Svc() {
    EXPECT_EQ(create("viewer", WebRtcOptions()), "OK") << client.last.message;
    EXPECT_EQ(client.connect(session, "w", "viewer"), "OK") << client.last.message;
    EXPECT_TRUE(join(publisher));
    ProcessOfferRequest request;
    request.set_name(name_of("viewer"));
    request.set_offer(viewer.offer());
    ProcessOfferResponse response;
    EXPECT_EQ(ask(&Stub::ProcessOffer, request, &response), "OK") << client.last.message;
    EXPECT_TRUE(viewer.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok() && viewer.connect());
  }
  void bound(const SetPreferredLayersRequest& layers) {
    auto request = layers;
    request.set_name(name_of("viewer"));
    EXPECT_EQ(set_layers(request), "OK");
  }
  // Whether this is what the viewer is sent, as the numbers have it.
  bool gets(uint32_t spatial, uint32_t temporal) {
    const auto stats = stats_of("viewer");
    const auto video = std::ranges::find(stats.outbound_rtp(), "video", &OutboundRtpStats::kind);
    return video->packets_sent() > 10 && video->spatial_layer() == spatial &&
           video->temporal_layer() == temporal && video->has_spatial_layer() && video->has_temporal_layer();
  }
  // Pictures, with key frames when they are asked for, until it holds.
  bool stream_until(const std::function<bool()>& holds) {
    const auto give_up = rtc::Clock::now() + std::chrono::seconds(20);
    while (rtc::Clock::now() < give_up) {
      const bool asked = sequence_ == 0 || publisher.asked_for_key_frame();
      publisher.clear();
      for (auto& piece : stream_.next(asked)) {
        publisher.send({.marker = piece.marker,
                        .sequence = sequence_++,
                        .timestamp = timestamp_,
                        .payload = std::move(piece.payload)});
      }
      timestamp_ += 3000;
      publisher.receive_until([] { return false; }, std::chrono::milliseconds(20));
      viewer.read_available();
      check();
      if (holds()) return true;
    }
    return false;
  }
  void check() {
    for (; checked_ < viewer.rtp().size(); ++checked_) {
      const auto view = *rtc::RtpView::parse(viewer.rtp()[checked_]);
      if (view.payload_type() != TestPeer::kVideoType) continue;
      checker.take(view.sequence(), view.timestamp(), view.marker(), view.payload());
    }
  }

  TestPeer publisher{{.publishes = true, .video = "VP9/90000"}};
  TestPeer viewer{{.video = "VP9/90000"}};
  LayerChecker checker{rtc::Codec::kVp9};

 private:
  LayeredStream stream_{{.codec = rtc::Codec::kVp9, .spatial = 3, .key_only = true, .flexible = true}};
  size_t checked_ = 0;
  uint16_t sequence_ = 0;
  uint32_t timestamp_ = 90'000;
};

TEST(LayersOfOneEncoding, AreBoundedForEachReceiverAndCounted) {
  Svc kms;
  ASSERT_TRUE(kms.stream_until([&] { return kms.gets(2, 2); }));
  const auto inbound = kms.stats_of("w");
  const auto video = std::ranges::find(inbound.inbound_rtp(), "video", &InboundRtpStats::kind);
  EXPECT_EQ(video->spatial_layers(), 3U);
  EXPECT_EQ(video->temporal_layers(), 3U);

  SetPreferredLayersRequest less;
  less.set_maximum_layer(0);
  less.set_maximum_temporal_layer(1);
  kms.bound(less);
  ASSERT_TRUE(kms.stream_until([&] { return kms.gets(0, 1); }));
  const size_t small = kms.checker.frames(0, 0);
  ASSERT_TRUE(kms.stream_until([&] { return kms.checker.frames(0, 0) > small + 2; }));
  const size_t large = kms.checker.frames(2, 0);
  const size_t often = kms.checker.frames(0, 2);
  ASSERT_TRUE(kms.stream_until([&] { return kms.checker.frames(0, 0) > small + 8; }));
  EXPECT_EQ(kms.checker.frames(2, 0), large);
  EXPECT_EQ(kms.checker.frames(0, 2), often);

  SetPreferredLayersRequest middle;
  middle.set_preferred_layer(1);
  kms.bound(middle);
  ASSERT_TRUE(kms.stream_until([&] { return kms.gets(1, 2) && kms.checker.frames(1, 2) > 8; }));
  EXPECT_EQ(kms.checker.fault(), "");
}

}  // namespace
}  // namespace kms::test
