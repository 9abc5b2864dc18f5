// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/metrics.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <set>
#include <thread>

#include "kms-core/gst/init.hpp"
#include "kms-core/http/metrics_figures.hpp"
#include "kms-core/http/metrics_text.hpp"
#include "tests/support/exposition.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/rtc_plane.hpp"
#include "tests/support/test_elements.hpp"

namespace kms::http {
namespace {

using namespace std::chrono_literals;
using test::Exposition;

TEST(MetricsText, EscapesWhatTheFormatWantsEscaped) {
  MetricsText text;
  text.begin("kms_x_total", "two\nlines, a \\");
  text.sample(3, {{"name", "a \"b\" \\ \n"}, {"other", "c"}});
  text.sample(0.25);

  EXPECT_EQ(text.text(),
            "# HELP kms_x_total two\\nlines, a \\\\\n# TYPE kms_x_total counter\n"
            "kms_x_total{name=\"a \\\"b\\\" \\\\ \\n\",other=\"c\"} 3\nkms_x_total 0.25\n");
  EXPECT_EQ(Exposition(text.text()).error(), "");
}

MetricsFigures all_figures() {
  MetricsFigures figures;
  figures.graph.elements["WebRtcEndpoint"] = 2;
  figures.graph.links["video"] = 1;
  figures.rtc.emplace();
  figures.process.emplace();
  figures.process->threads["rtc-0"] = {1, 0.25};
  return figures;
}

TEST(MetricsFigures, WhatDidNotAnswerIsNotZeroButMissing) {
  MetricsFigures figures = all_figures();
  const Exposition whole(to_text(figures));
  EXPECT_EQ(whole.error(), "");
  EXPECT_EQ(whole.value("kms_elements", {{"kind", "WebRtcEndpoint"}}), 2);
  EXPECT_EQ(whole.value("kms_thread_cpu_seconds_total", {{"thread", "rtc-0"}}), 0.25);
  EXPECT_EQ(whole.value("kms_scrape_unanswered", {{"part", "rtc"}}), 0);

  figures.rtc.reset();
  figures.process.reset();
  figures.sessions_unanswered = 3;

  const Exposition part(to_text(figures));
  EXPECT_EQ(part.error(), "");
  EXPECT_FALSE(part.metrics().contains("kms_rtc_peers"));
  EXPECT_FALSE(part.metrics().contains("kms_threads"));
  EXPECT_EQ(part.value("kms_scrape_unanswered", {{"part", "rtc"}}), 1);
  EXPECT_EQ(part.value("kms_scrape_unanswered", {{"part", "sessions"}}), 3);
}

std::string text_of(const std::string& path) {
  std::ifstream file(KMS_SOURCE_DIR "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Those that stand behind such a text.
std::set<std::string> names_in(const std::string& text, const std::string& behind) {
  std::set<std::string> names;
  for (auto at = text.find(behind + "kms_"); at != std::string::npos;
       at = text.find(behind + "kms_", at + 1)) {
    const auto begin = at + behind.size();
    names.insert(text.substr(begin, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", begin) - begin));
  }
  return names;
}

TEST(MetricsFigures, AreThoseOfTheDocumentAndTheBoardAsksForNoOther) {
  std::set<std::string> made;
  const Exposition whole(to_text(all_figures()));
  for (const auto& [name, metric] : whole.metrics()) made.insert(name);

  EXPECT_EQ(names_in(text_of("docs/metrics.md"), "\n| `"), made);
  const auto asked = names_in(text_of("deploy/grafana/kms.json"), "");
  EXPECT_GT(asked.size(), 10U);
  for (const auto& name : asked) EXPECT_TRUE(made.contains(name)) << name;
}

// Whoever runs a server looks for these first.
TEST(MetricsFigures, OfWhatMattersMostAreOnTheBoard) {
  const auto asked = names_in(text_of("deploy/grafana/kms.json"), "");
  for (const auto* name :
       {"kms_sessions", "kms_elements", "kms_rtc_received_packets_total", "kms_rtc_sent_packets_total",
        "kms_rtc_received_bytes_total", "kms_rtc_sent_bytes_total", "kms_rtc_lost_packets_total",
        "kms_rtc_nacks_total", "kms_rtc_plis_total", "kms_rtc_available_outgoing_bps",
        "kms_thread_cpu_seconds_total", "kms_queue_frames", "kms_queue_dropped_frames_total",
        "kms_pipelines_quarantined"})
    EXPECT_TRUE(asked.contains(name)) << name;
}

// A store with a session on each of its two loops, and /metrics.
class MetricsTest : public testing::Test {
 protected:
  void SetUp() override {
    gst::init();
    test::declare_test_elements(catalog_);
    for (const auto* id : {"a", "b"}) {
      kms::v1::CreateSessionRequest request;
      request.set_session_id(id);
      ASSERT_TRUE(store_->create(request).ok());
    }
    loops_.flush();  // their threads have their names
    auto started = HttpServer::start("127.0.0.1:0");
    ASSERT_TRUE(started.ok()) << started.status();
    http_ = *std::move(started);
  }
  void TearDown() override {
    http_.reset();
    std::promise<void> gone;
    store_->drain([&] { gone.set_value(); });
    gone.get_future().wait();
    loops_.flush();
  }
  void open(std::chrono::milliseconds deadline) {
    add_metrics(*http_, {*store_, *rtc_, workers_, [] { return std::make_pair(2, 300); }, deadline});
  }
  std::string ask(const std::string& what) {
    return test::http_exchange(http_->address(), what + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  Exposition get() {
    const auto reply = ask("GET /metrics");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200")) << reply;
    EXPECT_NE(reply.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << reply;
    return Exposition(reply.substr(reply.find("\r\n\r\n") + 4));
  }

  Config config_;
  graph::Catalog catalog_;
  LoopPool loops_{2};
  WorkerPool workers_{{.kept = 1, .most = 2}};
  const std::unique_ptr<rtc::Server> rtc_ = test::start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  std::unique_ptr<graph::SessionStore> store_ = std::make_unique<graph::SessionStore>(environment_);
  std::unique_ptr<HttpServer> http_;
};

TEST_F(MetricsTest, AnswersWhatEverybodySays) {
  open(20s);
  for (const auto* name : {"sessions/a", "sessions/b"}) {
    const auto asked = store_->with_session(name, [](graph::Session& session) {
      EXPECT_TRUE(session.create_element(test::sink("s", "video:raw")).ok());
    });
    ASSERT_TRUE(asked.ok()) << asked;
  }

  const auto metrics = get();

  EXPECT_EQ(metrics.error(), "");
  EXPECT_EQ(metrics.value("kms_sessions"), 2);
  EXPECT_EQ(metrics.value("kms_elements", {{"kind", catalog_.find("google.protobuf.BytesValue")->title}}), 2);
  EXPECT_EQ(metrics.value("kms_uploads_waiting_files"), 2);
  EXPECT_EQ(metrics.value("kms_uploads_spool_bytes"), 300);
  // At least: a thread that has just begun has the name of who made it.
  EXPECT_GE(metrics.value("kms_threads", {{"thread", "control-1"}}), 1);
  EXPECT_GT(metrics.value("kms_process_resident_memory_bytes"), 1e6);
  EXPECT_EQ(metrics.value("kms_scrape_unanswered", {{"part", "sessions"}}), 0);
  EXPECT_TRUE(ask("POST /metrics").starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(ask("GET /metrics/x").starts_with("HTTP/1.1 404"));
}

TEST_F(MetricsTest, ALoopThatDoesNotAnswerHoldsUpNobodyForLong) {
  std::promise<void> release;
  auto held = release.get_future().share();
  ASSERT_TRUE(store_->with_session("sessions/a", [held](graph::Session&) { held.wait(); }).ok());
  open(3s);

  const auto metrics = get();
  release.set_value();

  EXPECT_EQ(metrics.error(), "");
  EXPECT_EQ(metrics.value("kms_sessions"), 2);
  EXPECT_EQ(metrics.value("kms_scrape_unanswered", {{"part", "sessions"}}), 1);
}

TEST_F(MetricsTest, RequestsThatComeTogetherAreAllAnswered) {
  std::promise<void> release;
  auto held = release.get_future().share();
  ASSERT_TRUE(store_->with_session("sessions/a", [held](graph::Session&) { held.wait(); }).ok());
  open(20s);
  std::vector<std::future<std::string>> replies;
  for (int i = 0; i < 4; ++i)
    replies.push_back(std::async(std::launch::async, [this] { return ask("GET /metrics"); }));
  http_->loop().run([] {});

  release.set_value();

  for (auto& reply : replies) EXPECT_TRUE(reply.get().starts_with("HTTP/1.1 200"));
}

}  // namespace
}  // namespace kms::http
