// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/exposition.hpp"
#include "tests/support/http_client.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

Exposition metrics_of(const ServerProcess& server) {
  const auto reply =
      http_exchange(server.http(), "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200")) << reply;
  Exposition metrics(reply.substr(reply.find("\r\n\r\n") + 4));
  EXPECT_EQ(metrics.error(), "");
  return metrics;
}

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

}  // namespace
}  // namespace kms::test
