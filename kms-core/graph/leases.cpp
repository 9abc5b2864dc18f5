// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/leases.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace kms::graph {

using std::chrono::milliseconds;

struct Leases::State : std::enable_shared_from_this<State> {
  struct Lease {
    uint64_t id = 0;  // a hold of an earlier lease of the same name must not touch this one
    milliseconds length{};
    unsigned holds = 0;
    Clock::time_point deadline = {};  // unless held
  };

  State(Loop& on, Lapsed call) : loop(on), lapsed(std::move(call)) {}

  void start(const std::string& name, Lease& lease);  // with mutex held, as the next two
  void stop(const std::string& name, const Lease& lease) { queue.erase({lease.deadline, name}); }
  void arm(Clock::time_point deadline);

  void release(const std::string& name, uint64_t id);
  void check();  // on the loop

  Loop& loop;
  const Lapsed lapsed;
  Loop::Timer timer;  // on the loop
  std::mutex mutex;
  bool gone = false;  // guarded by mutex, as all below
  uint64_t last_id = 0;
  std::map<std::string, Lease> leases;
  std::set<std::pair<Clock::time_point, std::string>> queue;  // those that run
  Clock::time_point armed = Clock::time_point::max();         // when the timer fires
};

void Leases::State::start(const std::string& name, Lease& lease) {
  lease.deadline = Clock::now() + lease.length;
  queue.insert({lease.deadline, name});
  arm(lease.deadline);
}

void Leases::State::arm(Clock::time_point deadline) {
  if (gone || deadline >= armed) return;
  armed = deadline;
  loop.post([self = shared_from_this()] { self->check(); });
}

void Leases::State::release(const std::string& name, uint64_t id) {
  const std::lock_guard lock(mutex);
  const auto lease = leases.find(name);
  if (lease == leases.end() || lease->second.id != id) return;
  if (--lease->second.holds == 0) start(name, lease->second);
}

void Leases::State::check() {
  std::vector<std::string> over;
  {
    const std::lock_guard lock(mutex);
    if (gone) return;
    const auto now = Clock::now();
    while (!queue.empty() && queue.begin()->first <= now) {
      over.push_back(queue.begin()->second);
      queue.erase(queue.begin());
      leases.erase(over.back());
    }
    armed = queue.empty() ? Clock::time_point::max() : queue.begin()->first;
    if (!queue.empty()) {
      const auto wait = std::chrono::ceil<milliseconds>(armed - now);
      timer = loop.after(wait, [self = weak_from_this()] {
        if (const auto state = self.lock()) state->check();
      });
    }
  }
  for (const auto& name : over) lapsed(name);
}

Leases::Leases(Loop& loop, Lapsed lapsed) : state_(std::make_shared<State>(loop, std::move(lapsed))) {}

Leases::~Leases() {
  state_->loop.run([this] {
    const std::lock_guard lock(state_->mutex);
    state_->gone = true;
    state_->timer.stop();
  });
}

void Leases::add(const std::string& name, milliseconds length) {
  const std::lock_guard lock(state_->mutex);
  auto& lease = state_->leases[name];
  lease = {++state_->last_id, length};
  state_->start(name, lease);
}

void Leases::remove(const std::string& name) {
  const std::lock_guard lock(state_->mutex);
  const auto lease = state_->leases.find(name);
  if (lease == state_->leases.end()) return;
  state_->stop(name, lease->second);
  state_->leases.erase(lease);
}

std::optional<std::chrono::system_clock::time_point> Leases::renew(const std::string& name) {
  const std::lock_guard lock(state_->mutex);
  const auto lease = state_->leases.find(name);
  if (lease == state_->leases.end()) return std::nullopt;
  if (lease->second.holds == 0) {
    state_->stop(name, lease->second);
    state_->start(name, lease->second);
  }
  return std::chrono::system_clock::now() + lease->second.length;
}

std::shared_ptr<void> Leases::hold(const std::string& name) {
  const std::lock_guard lock(state_->mutex);
  const auto lease = state_->leases.find(name);
  if (lease == state_->leases.end()) return nullptr;
  if (lease->second.holds++ == 0) state_->stop(name, lease->second);
  const auto release = [state = std::weak_ptr(state_), name, id = lease->second.id](void*) {
    if (const auto alive = state.lock()) alive->release(name, id);
  };
  return {state_.get(), release};
}

}  // namespace kms::graph
