// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/base/config.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/rtc/rtc.hpp"
#include "kms-core/storage/uploads.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {

// Stands in for a session: a real control loop and a real worker pool, and a record of what the element says.
// The test's thread.
class FakeHost : public graph::ElementHost {
 public:
  explicit FakeHost(Config config = {});
  ~FakeHost() override;

  // Everything the element said, in order: "EndOfStream", "ElementError REASON", "PortsChanged",
  // "PacketsEnded", or the element's own event as "package.Message {text form}".
  std::vector<std::string> events() const { return events_.copy(); }
  // Waits for an event that contains `part`, `times` times.
  bool wait_for(const std::string& part, size_t times = 1) const;

  // Called for ports_changed(), on the loop: what a planner would do. Before the element is made.
  std::function<void()> plan = [] {};

  // Waits until workers that were needed at once for a while have ended, and has GLib keep none of its
  // threads that have nothing to do: for tests that count threads, before they do.
  bool rest();

  // Runs on the loop and waits.
  void on_loop(std::function<void()> work) {
    loop_.run([&] { work(); });
  }
  // A call that answers later, made on the loop: its answer, or DEADLINE_EXCEEDED/TEST_PATIENCE.
  Status call(const std::function<void(Done)>& start);

  const std::string& name() const override { return name_; }
  Loop& loop() override { return loop_; }
  WorkerPool& workers() override { return workers_; }
  const Config& config() override { return config_; }
  gst::Pipeline& processing() override;
  rtc::Server& rtc() override;  // started at the first call
  storage::Uploads* uploads() override { return uploads_.get(); }
  void emit(const google::protobuf::Message& event) override;
  void fail(const Status& status) override;
  void end_of_stream() override { say("EndOfStream"); }
  void ports_changed() override;
  void packets_ended() override { say("PacketsEnded"); }

 private:
  static constexpr WorkerPool::Limits kWorkers{.idle_life = std::chrono::milliseconds(200)};
  void say(const std::string& event);

  const std::string name_ = "sessions/test/elements/it";
  const Config config_;
  Loop loop_;
  const std::unique_ptr<storage::Uploads> uploads_;  // its threads post to the loop
  WorkerPool workers_{kWorkers};                     // ends first: its threads post to the loop
  std::unique_ptr<rtc::Server> rtc_;                 // and before that its threads, which do so as well
  std::unique_ptr<gst::Pipeline> processing_;
  Watched<std::vector<std::string>> events_;
};

}  // namespace kms::test
