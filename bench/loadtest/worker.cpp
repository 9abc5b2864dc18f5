// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/worker.hpp"

#include <algorithm>

namespace kms::rtc::loadtest {

Result<std::unique_ptr<Worker>> Worker::start(const Settings& settings, const DtlsContext& dtls,
                                              const Options& options, Participant::Report report) {
  std::unique_ptr<Worker> worker(new Worker(settings, dtls, options, std::move(report)));
  const auto status = worker->prepare();
  if (!status.ok()) return status;
  worker->thread_ =
      std::thread([&self = *worker] { self.loop_->run([&self](TimePoint now) { return self.turn(now); }); });
  return worker;
}

Worker::Worker(const Settings& settings, const DtlsContext& dtls, const Options& options,
               Participant::Report report)
    : settings_(settings), dtls_(dtls), options_(options), report_(std::move(report)) {}

Status Worker::prepare() {
  auto loop = EventLoop::create();
  if (!loop.ok()) return loop.status();
  loop_ = std::move(*loop);
  auto sockets = SocketSet::create();
  if (!sockets.ok()) return sockets.status();
  sockets_ = std::make_unique<SocketSet>(std::move(*sockets));
  engine_ = make_srtp_engine(SrtpEngineChoice::kBest);
  place_ = std::unique_ptr<Workplace>(new Workplace{.settings = settings_,
                                                    .dtls = dtls_,
                                                    .loop = *loop_,
                                                    .sockets = *sockets_,
                                                    .engine = *engine_,
                                                    .stamps = Stamps(options_.run),
                                                    .random = std::mt19937_64(options_.seed)});
  return ok();
}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

void Worker::join(const ParticipantPlan& plan) {
  loop_->post([this, plan] {
    participants_.push_back(std::make_unique<Participant>(*place_, plan, report_));
    participants_.back()->join(Clock::now());
  });
}

void Worker::leave(uint64_t id) {
  loop_->post([this, id] {
    if (auto* participant = find(id)) participant->leave(Clock::now());
  });
}

void Worker::tally(bool anew, std::function<void(const Tally&)> take) {
  loop_->post([this, anew, take = std::move(take)] {
    take(tally_now());
    if (!anew) return;
    place_->tally.video_latency = place_->tally.audio_latency = {};
    place_->tally.longest_pause = {};
  });
}

Participant* Worker::find(uint64_t id) {
  const auto found = std::ranges::find(participants_, id, [](const auto& each) { return each->plan().id; });
  return found == participants_.end() ? nullptr : found->get();
}

Tally Worker::tally_now() const {
  auto tally = place_->tally;
  tally.add(ended_);
  for (const auto& participant : participants_) participant->add_to(tally);
  return tally;
}

TimePoint Worker::turn(TimePoint now) {
  if (last_turn_ < now) place_->tally.longest_pause = std::max(place_->tally.longest_pause, now - last_turn_);
  sockets_->poll();
  for (const auto& participant : participants_) {
    if (now >= participant->deadline()) participant->on_time(now);
  }
  remove_gone();
  last_turn_ = participants_.empty() ? TimePoint::max() : now;
  return participants_.empty() ? TimePoint::max() : now + kTurn;
}

void Worker::remove_gone() {
  const auto is_gone = [](const auto& participant) { return participant->gone(); };
  const auto gone = std::ranges::find_if(participants_, is_gone);
  if (gone == participants_.end()) return;
  for (const auto& participant : participants_) {
    if (participant->gone()) participant->add_to(ended_);
  }
  std::erase_if(participants_, is_gone);
}

}  // namespace kms::rtc::loadtest
