// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/graph/session.hpp"
#include "kms-core/gst/init.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::test {

// A real session without a server: loops, workers, catalog, and its events. Calls run on the session's
// control loop and wait for it.
class LiveSession {
 public:
  struct Setup {
    Config config = {};
    std::function<void(graph::Catalog&)> declare = {};
    bool refuse_transcoding = false;
    uint32_t max_audible = 0;
  };
  explicit LiveSession(Setup setup);
  ~LiveSession();  // closes the session

  // Runs `work` on the control loop and gives back what it gives.
  template <typename Work>
  auto on_loop(Work work) {
    using Out = std::invoke_result_t<Work, graph::Session&>;
    if constexpr (std::is_void_v<Out>) {
      session_->loop().run([&] { work(*session_); });
    } else {
      std::optional<Out> out;
      session_->loop().run([&] { out.emplace(work(*session_)); });
      return std::move(*out);
    }
  }

  Result<v1::ApplyGraphResponse> apply(const std::vector<v1::ElementSpec>& elements,
                                       const std::vector<std::pair<std::string, std::string>>& links);
  Status connect(const std::string& source, const std::string& sink);
  Status disconnect(const std::string& source, const std::string& sink);
  Status remove(const std::string& element);  // waits until it is gone
  Status close(const std::string& reason = "CLIENT_DELETED");
  v1::GetGraphResponse graph();
  v1::GetStatsResponse stats();
  uint64_t frames_at(const std::string& sink);  // that went over the link to it

  // The next event that fits, looking at each once; fails the test when none comes in time.
  v1::Event await(const std::function<bool(const v1::Event&)>& fits,
                  std::chrono::milliseconds patience = std::chrono::seconds(20));
  // Waits until `holds` is true; asks again with every event and at least 50 times a second.
  bool eventually(const std::function<bool()>& holds,
                  std::chrono::milliseconds patience = std::chrono::seconds(20));
  // Waits until workers that were needed at once for a while have ended: for tests that count threads.
  bool rest();
  // All events so far.
  std::vector<v1::Event> events();

  graph::Session& session() { return *session_; }
  std::string element(const std::string& id) const { return session_->name() + "/elements/" + id; }

 private:
  static constexpr WorkerPool::Limits kWorkers{
      .kept = 2, .most = 16, .idle_life = std::chrono::milliseconds(200)};
  void take_events();

  Config config_;
  graph::Catalog catalog_;
  LoopPool loops_{2};
  WorkerPool workers_{kWorkers};
  const std::unique_ptr<rtc::Server> rtc_ = start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  std::unique_ptr<graph::Session> session_;
  std::shared_ptr<graph::Subscription> subscription_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool wake_ = false;
  std::vector<v1::Event> events_;
  size_t seen_ = 0;
};

}  // namespace kms::test
