// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "bench/loadtest/outcome.hpp"
#include "bench/loadtest/settings.hpp"
#include "bench/loadtest/worker.hpp"

namespace kms::rtc::loadtest {

enum class Phase { kPublishing, kJoining, kWarmUp, kMeasuring, kLeaving };
std::string_view name_of(Phase phase);

// What is going on, once a second.
struct Progress {
  double seconds = 0;
  Phase phase = Phase::kPublishing;
  size_t publishers = 0;
  size_t viewers = 0;
  size_t joining = 0;
  uint64_t failed = 0;
  // Since the last one.
  double packets_per_second = 0;
  double mbit_per_second = 0;
  double loss_percent = 0;
  double video_latency_ms = 0;  // median since the phase began
};

// Runs a test from the first POST to the last DELETE: publishers join, then viewers, then it is measured
// while viewers come and go. Lives on the thread that calls run().
class Director {
 public:
  using ShowProgress = std::function<void(const Progress&)>;

  static Result<std::unique_ptr<Director>> make(const Settings& settings, ShowProgress show);
  ~Director();

  Outcome run();
  // From any thread: what has been measured so far counts.
  void stop();
  EventLoop& loop() { return *loop_; }

 private:
  struct Member {
    ParticipantPlan plan;
    Worker* worker = nullptr;
    bool up = false;
    bool failed = false;
    bool leaves = false;  // was told to, or will be replaced
  };

  Director(const Settings& settings, ShowProgress show) : settings_(settings), show_(std::move(show)) {}
  static Duration interval_of(double per_minute);
  Status start_workers();

  TimePoint step(TimePoint now);
  void enter(Phase phase, TimePoint now);
  void advance(TimePoint now);
  bool everybody_joined() const { return waiting_.empty() && joining_ == 0; }
  bool nobody_watches() const { return settings_.whep && outcome_.attendance.viewers == 0; }
  void begin_measuring(TimePoint now);
  void end_measuring(TimePoint now);
  void note_end(const Tally& tally);
  void everybody_leaves();

  void enqueue(Role role, uint32_t room);
  void launch();
  void churn(TimePoint now);
  void republish(TimePoint now);
  void tell_to_leave(Member& member);
  Member* any_viewer();
  void on_event(const ParticipantEvent& event);
  void on_up(Member& member);
  void on_trouble(Member& member, const ParticipantEvent& event);
  void replace_publishers_before(const Member& member);

  // Calls `take` on this thread with the sum of all workers' tallies.
  void collect(bool anew, std::function<void(const Tally&)> take);
  void show_progress(TimePoint now);
  void show(const Tally& tally, TimePoint now);

  const Settings& settings_;
  const ShowProgress show_;
  std::unique_ptr<EventLoop> loop_;
  std::optional<DtlsContext> dtls_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mt19937_64 random_;
  std::map<uint64_t, Member> members_;
  std::deque<ParticipantPlan> waiting_;
  uint64_t last_id_ = 0;
  size_t joining_ = 0;

  Phase phase_ = Phase::kPublishing;
  TimePoint begun_{};
  TimePoint phase_ends_ = TimePoint::max();
  TimePoint churn_due_ = TimePoint::max();
  TimePoint republish_due_ = TimePoint::max();
  uint32_t republish_room_ = 0;
  TimePoint progress_due_{};
  Tally shown_;  // what progress was counted from
  TimePoint shown_at_{};

  TimePoint measured_from_{};
  Tally at_begin_;
  std::optional<ProcessUsage> server_at_begin_;
  double own_cpu_at_begin_ = 0;
  Outcome outcome_;
};

}  // namespace kms::rtc::loadtest
