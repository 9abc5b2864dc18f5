// SPDX-License-Identifier: Apache-2.0
// Who joins and leaves, and when.
#include <algorithm>

#include "bench/loadtest/director.hpp"

namespace kms::rtc::loadtest {
Duration Director::interval_of(double per_minute) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(60 / per_minute));
}

void Director::enqueue(Role role, uint32_t room) { waiting_.push_back({++last_id_, role, room}); }

void Director::launch() {
  for (; joining_ < settings_.parallel && !waiting_.empty(); waiting_.pop_front()) {
    const auto& plan = waiting_.front();
    auto* worker = workers_[plan.id % workers_.size()].get();
    members_[plan.id] = {plan, worker};
    ++joining_;
    worker->join(plan);
  }
}

void Director::tell_to_leave(Member& member) {
  member.leaves = true;
  member.worker->leave(member.plan.id);
}

Director::Member* Director::any_viewer() {
  std::vector<Member*> viewers;
  for (auto& [id, member] : members_) {
    if (member.plan.role == Role::kViewer && member.up && !member.leaves) viewers.push_back(&member);
  }
  return viewers.empty() ? nullptr : viewers[random_() % viewers.size()];
}

// One leaves, and another comes to the same room.
void Director::churn(TimePoint now) {
  churn_due_ = std::max(now, churn_due_ + interval_of(settings_.churn_per_minute));
  auto* viewer = any_viewer();
  if (!viewer) return;
  ++outcome_.attendance.left;
  enqueue(Role::kViewer, viewer->plan.room);
  tell_to_leave(*viewer);
}

// The one before stays until the new one is connected, as a server that replaces publishers expects it.
void Director::republish(TimePoint now) {
  republish_due_ = std::max(now, republish_due_ + interval_of(settings_.republish_per_minute));
  if (!settings_.whip) return;
  const auto room = republish_room_++ % settings_.rooms;
  for (auto& [id, member] : members_) {
    if (member.plan.role == Role::kPublisher && member.plan.room == room) member.leaves = true;
  }
  enqueue(Role::kPublisher, room);
}

void Director::replace_publishers_before(const Member& member) {
  for (auto& [id, other] : members_) {
    const bool before =
        other.plan.role == Role::kPublisher && other.plan.room == member.plan.room && id < member.plan.id;
    if (!before) continue;
    ++outcome_.attendance.left;
    tell_to_leave(other);
  }
}

void Director::on_event(const ParticipantEvent& event) {
  const auto found = members_.find(event.id);
  if (found == members_.end()) return;
  auto& member = found->second;
  switch (event.kind) {
    case ParticipantEvent::Kind::kUp:
      return on_up(member);
    case ParticipantEvent::Kind::kFailed:
    case ParticipantEvent::Kind::kLost:
      return on_trouble(member, event);
    case ParticipantEvent::Kind::kGone:
      if (!member.up && !member.failed) --joining_;  // it left before it was there
      members_.erase(found);
  }
}

void Director::on_up(Member& member) {
  --joining_;
  member.up = true;
  const bool publishes = member.plan.role == Role::kPublisher;
  ++(publishes ? outcome_.attendance.publishers : outcome_.attendance.viewers);
  if (publishes) replace_publishers_before(member);
}

void Director::on_trouble(Member& member, const ParticipantEvent& event) {
  const bool failed = event.kind == ParticipantEvent::Kind::kFailed;
  if (failed) --joining_;
  member.failed = failed;
  if (member.leaves) return;  // it was to go anyway
  ++(failed ? outcome_.attendance.failed : outcome_.attendance.lost);
  ++outcome_.attendance.reasons[event.reason];
}

}  // namespace kms::rtc::loadtest
