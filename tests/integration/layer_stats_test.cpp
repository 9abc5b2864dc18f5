// SPDX-License-Identifier: Apache-2.0
// What GetRtcStats says of the encodings of a track and of who gets which.
#include <map>
#include <tuple>

#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using rtc::test::TestPeer;

// One who sends two encodings of his pictures, and two who see them, one of them the smaller ones alone.
struct Layered : WithEndpoint {
  Layered() {
    for (const auto* id : {"all", "small"}) {
      EXPECT_EQ(create(id, WebRtcOptions()), "OK") << client.last.message;
      EXPECT_EQ(client.connect(session, "w", id), "OK") << client.last.message;
    }
    SetPreferredLayersRequest request;
    request.set_name(name_of("small"));
    request.set_maximum_layer(0);
    EXPECT_EQ(set_layers(request), "OK");
  }
  bool join_as(const std::string& id, TestPeer& peer) {
    ProcessOfferRequest request;
    request.set_name(name_of(id));
    request.set_offer(peer.offer());
    ProcessOfferResponse response;
    EXPECT_EQ(ask(&Stub::ProcessOffer, request, &response), "OK") << client.last.message;
    return peer.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok() && peer.connect();
  }
  // Frames of both, 30 a second, until it holds.
  bool stream_until(const std::function<bool()>& holds) {
    const auto give_up = rtc::Clock::now() + std::chrono::seconds(20);
    for (; rtc::Clock::now() < give_up; ++frame_) {
      const bool asked = frame_ == 1 || publisher.asked_for_key_frame();
      publisher.clear();
      for (const auto& [rid, ssrc, size] : {std::tuple("l", 50U, 200U), std::tuple("h", 60U, 1000U)}) {
        publisher.send({.key_frame = asked,
                        .sequence = frame_,
                        .timestamp = frame_ * 3000U,
                        .ssrc = ssrc,
                        .rid = rid,
                        .payload = picture(asked, size)});
      }
      publisher.receive_until([] { return false; }, std::chrono::milliseconds(33));
      if (holds()) return true;
    }
    return false;
  }

  // VP8, as far as anybody but a decoder reads it: as wide as a fifth of its bytes, and 90 high.
  static std::vector<uint8_t> picture(bool key, size_t size) {
    std::vector<uint8_t> payload{0x10, static_cast<uint8_t>(key ? 0x10 : 0x11), 0, 0,  0x9d, 0x01,
                                 0x2a, static_cast<uint8_t>(size / 5),          0, 90, 0};
    payload.resize(size);
    return payload;
  }

  TestPeer publisher{{.publishes = true, .rids = {"l", "h"}}};
  TestPeer all{TestPeer::Options()};
  TestPeer small{TestPeer::Options()};

 private:
  uint16_t frame_ = 1;
};

TEST(RtcStatsOfLayers, AreThoseOfEachEncodingAndEachReceiver) {
  Layered kms;
  ASSERT_TRUE(kms.join_as("w", kms.publisher));
  ASSERT_TRUE(kms.join_as("all", kms.all));
  ASSERT_TRUE(kms.join_as("small", kms.small));
  const auto gets = [&](const std::string& id, const std::string& rid) {
    const auto stats = kms.stats_of(id);
    const auto video = std::ranges::find(stats.outbound_rtp(), "video", &OutboundRtpStats::kind);
    return video->rid() == rid && video->packets_sent() > 10;
  };
  ASSERT_TRUE(kms.stream_until([&] { return gets("all", "h") && gets("small", "l"); }))
      << kms.stats_of("all").DebugString() << kms.stats_of("small").DebugString();

  std::map<std::string, InboundRtpStats> encodings;
  GetRtcStatsResponse stats;
  ASSERT_TRUE(eventually([&] {  // the last of what was sent is on its way
    stats = kms.stats_of("w");
    for (const auto& stream : stats.inbound_rtp()) encodings[stream.rid()] = stream;
    return encodings.contains("l") && encodings.contains("h") &&
           encodings["l"].packets_received() == encodings["h"].packets_received();
  })) << stats.DebugString();
  EXPECT_EQ(encodings["l"].mid(), encodings["h"].mid());
  EXPECT_EQ(encodings["l"].ssrc(), 50U);
  EXPECT_EQ(encodings["h"].ssrc(), 60U);
  EXPECT_EQ(5 * encodings["l"].bytes_received(), encodings["h"].bytes_received());
  EXPECT_EQ(encodings["l"].frame_width(), 40U);
  EXPECT_EQ(encodings["h"].frame_width(), 200U);
  EXPECT_EQ(encodings["h"].frame_height(), 90U);
  const auto width_for = [&](const std::string& id) {
    const auto out = kms.stats_of(id);
    return std::ranges::find(out.outbound_rtp(), "video", &OutboundRtpStats::kind)->frame_width();
  };
  EXPECT_EQ(width_for("all"), 200U);
  EXPECT_EQ(width_for("small"), 40U);
}

}  // namespace
}  // namespace kms::test
