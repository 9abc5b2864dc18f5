// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/graph/declare_all.hpp"
#include "kms-core/gst/init.hpp"
#include "kms-core/http/whip_door.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"
#include "tests/support/waiting.hpp"
#include "tests/support/whip_client.hpp"

namespace kms::http {

using rtc::test::TestPeer;

// A door with the sessions behind it. Publishers and viewers are peers of the test.
class WhipRig : public ::testing::Test {
 protected:
  WhipRig() {
    config_.limits.elements_per_session = 6;
    gst::init();
    graph::declare_all(catalog_);
  }
  void open(WhipSettings settings = {}) {
    auto started = HttpServer::start("127.0.0.1:0");
    ASSERT_TRUE(started.ok()) << started.status();
    http_ = *std::move(started);
    settings.rooms.max_connecting = kMaxConnecting;
    add_whip(*http_, *store_, workers_, settings);
  }
  void TearDown() override {
    http_.reset();
    std::promise<void> gone;
    store_->drain([&] { gone.set_value(); });
    gone.get_future().wait();
    loops_.flush();
  }
  test::WhipClient door() const { return test::WhipClient(http_->address()); }

  // Does `work` on the session's loop and gives what it gives.
  template <typename Work>
  auto in(const std::string& session, Work work) {
    using Out = std::invoke_result_t<Work, graph::Session&>;
    std::promise<Out> promise;
    EXPECT_TRUE(store_->with_session(session, [&](graph::Session& s) { promise.set_value(work(s)); }).ok());
    return promise.get_future().get();
  }
  std::vector<std::string> elements(const std::string& session) {
    return in(session, [](graph::Session& s) {
      std::vector<std::string> ids;
      for (const auto& element : s.list_elements()) {
        const auto id = element.name().substr(element.name().rfind('/') + 1);
        ids.push_back(id.substr(0, id.find('-')));
      }
      return ids;
    });
  }
  // Sends pictures until the viewer has got so many more.
  static bool watches(TestPeer& viewer, TestPeer& publisher, uint16_t& sequence, size_t more = 3) {
    const auto wanted = viewer.count(true) + more;
    const auto end = std::chrono::steady_clock::now() + test::kPatience;
    while (viewer.count(true) < wanted && std::chrono::steady_clock::now() < end) {
      ++sequence;
      publisher.send({.key_frame = true, .sequence = sequence, .timestamp = sequence * 3000u});
      viewer.receive_until([&] { return viewer.count(true) >= wanted; }, std::chrono::milliseconds(20));
    }
    return viewer.count(true) >= wanted;
  }
  static uint32_t last_ssrc(const TestPeer& viewer) {
    return rtc::RtpView::parse(viewer.rtp().back())->ssrc();
  }

  static constexpr size_t kMaxConnecting = 4;
  Config config_;
  graph::Catalog catalog_;
  LoopPool loops_{2};
  WorkerPool workers_{{.kept = 1, .most = 2}};
  const std::unique_ptr<rtc::Server> rtc_ = test::start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  std::unique_ptr<graph::SessionStore> store_ = std::make_unique<graph::SessionStore>(environment_);
  std::unique_ptr<HttpServer> http_;
  TestPeer publisher_{{.publishes = true}};
  TestPeer viewer_{{.publishes = false}};
  uint16_t sequence_ = 0;
};

}  // namespace kms::http
