// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/integration/metrics_of.hpp"
#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

bool is_counter(const Exposition::Metric& metric) { return metric.type == "counter"; }

// What fell between two looks; empty: nothing.
std::string fallen(const Exposition& before, const Exposition& after) {
  std::string names;
  for (const auto& [name, metric] : before.metrics()) {
    for (const auto& sample : metric.samples) {
      if (is_counter(metric) && after.value(name, sample.labels) < sample.value) names += name + " ";
    }
  }
  return names;
}

TEST(Metrics, OfAServerThatHasJustBegunAreWhole) {
  const Running kms;

  const auto metrics = metrics_of(kms.server);

  EXPECT_EQ(metrics.value("kms_sessions"), 0);
  EXPECT_EQ(metrics.value("kms_rtc_peers"), 0);
  EXPECT_EQ(metrics.value("kms_draining"), 0);
  for (const auto* part : {"sessions", "rtc", "process"})
    EXPECT_EQ(metrics.value("kms_scrape_unanswered", {{"part", part}}), 0) << part;
}

TEST(Metrics, CountersGrowWhileMediaFlowsAndNeverFall) {
  WithEndpoint kms;
  ASSERT_EQ(kms.connect("w", "w"), "OK");
  TestPeer peer({.publishes = true});
  for (auto& line : peer.lines()) line.direction = "sendrecv";
  ASSERT_TRUE(kms.join(peer));
  const auto before = metrics_of(kms.running->server);
  EXPECT_EQ(before.value("kms_elements", {{"kind", "WebRtcEndpoint"}}), 1);
  EXPECT_EQ(before.value("kms_links", {{"kind", "video"}}), 1);
  EXPECT_EQ(before.value("kms_rtc_peers"), 1);

  uint16_t sent = 0;
  ASSERT_TRUE(peer.receive_until([&] {
    peer.send({.key_frame = true, .sequence = ++sent, .timestamp = sent * 3000u});
    return peer.count(true) > 5;
  }));
  ASSERT_EQ(kms.client.delete_session(kms.session), "OK");

  const auto after = metrics_of(kms.running->server);
  EXPECT_EQ(fallen(before, after), "");
  for (const auto* name :
       {"kms_rtc_received_packets_total", "kms_rtc_received_bytes_total", "kms_rtc_sent_packets_total",
        "kms_rtc_sent_bytes_total", "kms_rtc_sent_media_packets_total"})
    EXPECT_GE(after.value(name), before.value(name) + 5) << name;
  EXPECT_EQ(after.value("kms_sessions"), 0);
  EXPECT_TRUE(after.metrics().at("kms_elements").samples.empty());
  EXPECT_EQ(after.value("kms_threads", {{"thread", "rtc-0"}}), 1);
  EXPECT_GE(after.value("kms_thread_cpu_seconds_total", {{"thread", "rtc-0"}}), 0);
}

// A peer that sees itself, loses what it sends, and complains of what it gets.
TEST(Metrics, CountLossAndWhatIsAskedForBothWays) {
  WithEndpoint kms;
  ASSERT_EQ(kms.connect("w", "w"), "OK");
  TestPeer peer({.publishes = true});
  for (auto& line : peer.lines()) line.direction = "sendrecv";
  ASSERT_TRUE(kms.join(peer));
  uint16_t sent = 0;
  ASSERT_TRUE(peer.receive_until([&] {
    if (++sent % 4 != 0) peer.send({.key_frame = true, .sequence = sent, .timestamp = sent * 3000u});
    return peer.count(true) > 10;
  }));
  // Of the latest picture: packets are kept for a second.
  const auto complain = [&] {
    const auto latest = std::find_if(peer.rtp().rbegin(), peer.rtp().rend(), [](const auto& packet) {
      return rtc::RtpView::parse(packet)->payload_type() == TestPeer::kVideoType;
    });
    const auto view = *rtc::RtpView::parse(*latest);
    peer.send_rtcp(rtc::test::compound([&](rtc::RtcpWriter& writer) {
      const rtc::ReportBlock lossy{.ssrc = view.ssrc(), .cumulative_lost = 7, .highest_sequence = sent};
      writer.receiver_report(1, {&lossy, 1});
      writer.nack({1, view.ssrc()}, std::array{view.sequence()});
      writer.pli({1, view.ssrc()});
    }));
  };
  const auto both = [](const Exposition& metrics, const char* name, double in, double out) {
    return metrics.value(name, {{"direction", "in"}}) >= in &&
           metrics.value(name, {{"direction", "out"}}) >= out;
  };

  EXPECT_TRUE(eventually([&] {
    ++sent;
    peer.send({.key_frame = true, .sequence = sent, .timestamp = sent * 3000u});
    peer.read_available();
    complain();
    const auto metrics = metrics_of(kms.running->server);
    return both(metrics, "kms_rtc_lost_packets_total", 2, 7) && both(metrics, "kms_rtc_nacks_total", 1, 1) &&
           both(metrics, "kms_rtc_plis_total", 1, 1) && metrics.value("kms_rtc_resent_packets_total") >= 1;
  }));
}

TEST(Metrics, SayWhatTheWaysToPeersBear) {
  WithEndpoint kms;
  TestPeer peer({.remb = true});
  ASSERT_TRUE(kms.join(peer));
  EXPECT_EQ(metrics_of(kms.running->server).value("kms_rtc_estimated_peers"), 0);

  std::optional<Exposition> metrics;
  ASSERT_TRUE(peer.receive_until([&] {
    peer.send_rtcp(
        rtc::test::compound([](rtc::RtcpWriter& writer) { writer.remb(1, {.bitrate_bps = 800'000}); }));
    metrics = metrics_of(kms.running->server);
    return metrics->value("kms_rtc_estimated_peers") == 1;
  }));

  EXPECT_EQ(metrics->value("kms_rtc_available_outgoing_bps", {{"of", "all"}}), 800'000);
  EXPECT_EQ(metrics->value("kms_rtc_available_outgoing_bps", {{"of", "least"}}), 800'000);
}

}  // namespace
}  // namespace kms::test
