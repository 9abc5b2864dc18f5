// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/director.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace kms::rtc::loadtest {
namespace {

using std::chrono::duration;
using std::chrono::seconds;

constexpr Duration kProgressInterval = seconds(1);
constexpr Duration kLeavingPatience = seconds(6);

double seconds_of(Duration time) { return duration<double>(time).count(); }

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::kPublishing:
      return "publishing";
    case Phase::kJoining:
      return "joining";
    case Phase::kWarmUp:
      return "warm-up";
    case Phase::kMeasuring:
      return "measuring";
    case Phase::kLeaving:
      break;
  }
  return "leaving";
}

Result<std::unique_ptr<Director>> Director::make(const Settings& settings, ShowProgress show) {
  std::unique_ptr<Director> director(new Director(settings, std::move(show)));
  director->random_.seed(settings.seed);
  const auto status = director->start_workers();
  if (!status.ok()) return status;
  return director;
}

// Workers first: what they post finds the loop.
Director::~Director() { workers_.clear(); }

Status Director::start_workers() {
  auto loop = EventLoop::create();
  if (!loop.ok()) return loop.status();
  loop_ = std::move(*loop);
  const auto certificate = DtlsCertificate::make();
  if (!certificate.ok()) return certificate.status();
  auto dtls = DtlsContext::create(*certificate, settings_.profiles);
  if (!dtls.ok()) return dtls.status();
  dtls_.emplace(std::move(*dtls));
  const auto run = std::random_device{}();
  for (uint32_t i = 0; i < settings_.threads; ++i) {
    auto worker = Worker::start(
        settings_, *dtls_, {run, settings_.seed + i},
        [this](const ParticipantEvent& event) { loop_->post([this, event] { on_event(event); }); });
    if (!worker.ok()) return worker.status();
    workers_.push_back(std::move(*worker));
  }
  return ok();
}

Outcome Director::run() {
  begun_ = shown_at_ = Clock::now();
  progress_due_ = begun_ + kProgressInterval;
  for (uint32_t room = 0; room < settings_.rooms && settings_.whip; ++room) enqueue(Role::kPublisher, room);
  loop_->run([this](TimePoint now) { return step(now); });
  return std::move(outcome_);
}

void Director::stop() {
  loop_->post([this] {
    const auto now = Clock::now();
    if (phase_ == Phase::kMeasuring) return end_measuring(now);
    if (phase_ != Phase::kLeaving) enter(Phase::kLeaving, now);
  });
}

TimePoint Director::step(TimePoint now) {
  launch();
  advance(now);
  const bool steady = phase_ == Phase::kWarmUp || phase_ == Phase::kMeasuring;
  if (steady && now >= churn_due_) churn(now);
  if (steady && now >= republish_due_) republish(now);
  launch();
  if (now >= progress_due_) show_progress(now);
  return std::min(
      {phase_ends_, progress_due_, steady ? std::min(churn_due_, republish_due_) : TimePoint::max()});
}

void Director::advance(TimePoint now) {
  switch (phase_) {
    case Phase::kPublishing:
      if (everybody_joined()) enter(Phase::kJoining, now);
      break;
    case Phase::kJoining:
      if (everybody_joined()) enter(nobody_watches() ? Phase::kLeaving : Phase::kWarmUp, now);
      break;
    case Phase::kWarmUp:
      if (now >= phase_ends_) enter(Phase::kMeasuring, now);
      break;
    case Phase::kMeasuring:
      if (now >= phase_ends_) end_measuring(now);
      break;
    case Phase::kLeaving:
      if (members_.empty() || now >= phase_ends_) loop_->stop();
      break;
  }
}

void Director::enter(Phase phase, TimePoint now) {
  phase_ = phase;
  phase_ends_ = TimePoint::max();
  if (phase == Phase::kJoining) {
    if (settings_.whip && outcome_.attendance.publishers == 0) return enter(Phase::kLeaving, now);
    const auto viewers = settings_.whep ? settings_.viewers_per_room : 0;
    for (uint32_t i = 0; i < viewers * settings_.rooms; ++i) enqueue(Role::kViewer, i % settings_.rooms);
    launch();
  }
  if (phase == Phase::kWarmUp) {
    phase_ends_ = now + settings_.warm_up;
    if (settings_.churn_per_minute > 0) churn_due_ = now + interval_of(settings_.churn_per_minute);
    if (settings_.republish_per_minute > 0)
      republish_due_ = now + interval_of(settings_.republish_per_minute);
  }
  if (phase == Phase::kMeasuring) begin_measuring(now);
  if (phase == Phase::kLeaving) {
    phase_ends_ = now + kLeavingPatience;
    everybody_leaves();
  }
}

void Director::begin_measuring(TimePoint now) {
  phase_ends_ = now + settings_.duration;
  measured_from_ = now;
  server_at_begin_ = settings_.server_pid != 0 ? ProcessUsage::of(settings_.server_pid) : std::nullopt;
  own_cpu_at_begin_ = own_cpu_seconds();
  collect(true, [this](const Tally& tally) { at_begin_ = tally; });
}

void Director::end_measuring(TimePoint now) {
  phase_ends_ = TimePoint::max();
  outcome_.seconds = seconds_of(now - measured_from_);
  outcome_.own_cpu_seconds = own_cpu_seconds() - own_cpu_at_begin_;
  outcome_.server = server_at_begin_ ? ProcessUsage::of(settings_.server_pid) : std::nullopt;
  if (outcome_.server) outcome_.server->cpu_seconds -= server_at_begin_->cpu_seconds;
  collect(false, [this](const Tally& tally) {
    note_end(tally);
    enter(Phase::kLeaving, Clock::now());
  });
}

void Director::note_end(const Tally& tally) {
  outcome_.measured = true;
  outcome_.counts = tally.counts.since(at_begin_.counts);
  outcome_.video = tally.video.since(at_begin_.video);
  outcome_.audio = tally.audio.since(at_begin_.audio);
  outcome_.video_latency = tally.video_latency;
  outcome_.audio_latency = tally.audio_latency;
  outcome_.longest_pause = tally.longest_pause;
  outcome_.publisher_setup = tally.publisher_setup;
  outcome_.viewer_setup = tally.viewer_setup;
  outcome_.viewers_without_media = tally.viewers_without_media;
}

void Director::everybody_leaves() {
  waiting_.clear();
  for (auto& [id, member] : members_) tell_to_leave(member);
}

void Director::collect(bool anew, std::function<void(const Tally&)> take) {
  struct Sum {
    Tally tally;
    size_t missing;
  };
  const auto sum = std::make_shared<Sum>(Sum{{}, workers_.size()});
  const auto add = [sum, take = std::move(take)](const Tally& part) {
    sum->tally.add(part);
    if (--sum->missing == 0) take(sum->tally);
  };
  for (const auto& worker : workers_) {
    worker->tally(anew, [this, add](const Tally& part) { loop_->post([add, part] { add(part); }); });
  }
}

void Director::show_progress(TimePoint now) {
  progress_due_ = now + kProgressInterval;
  if (show_) collect(false, [this, now](const Tally& tally) { show(tally, now); });
}

void Director::show(const Tally& tally, TimePoint now) {
  const auto time = seconds_of(now - shown_at_);
  const auto counts = tally.counts.since(shown_.counts);
  Outcome part;
  part.video = tally.video.since(shown_.video);
  part.audio = tally.audio.since(shown_.audio);
  Progress progress;
  progress.seconds = seconds_of(now - begun_);
  progress.phase = phase_;
  for (const auto& [id, member] : members_) {
    const bool counts_in = member.up && !member.leaves;
    if (counts_in) ++(member.plan.role == Role::kPublisher ? progress.publishers : progress.viewers);
  }
  progress.joining = joining_ + waiting_.size();
  progress.failed = outcome_.attendance.failed;
  progress.packets_per_second = static_cast<double>(counts[Count::kReceivedPackets]) / time;
  progress.mbit_per_second = static_cast<double>(counts[Count::kReceivedBytes]) * 8e-6 / time;
  progress.loss_percent = part.loss_percent();
  progress.video_latency_ms = tally.video_latency.percentile_ms(0.5);
  show_(progress);
  shown_ = tally;
  shown_at_ = now;
}

}  // namespace kms::rtc::loadtest
