// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/lanes.hpp"

#include <algorithm>
#include <numeric>

namespace kms::storage {

// The first one stays, so that a playlist gets through although segments come faster than they are stored.
std::vector<std::string> Lanes::add(const Spool::Entry& entry) {
  std::vector<std::string> needless;
  const auto [place, is_new] = lanes_.try_emplace(entry.order.group, Lane{.turn = turns_ + 1});
  if (is_new) ++turns_;
  auto& lane = place->second;
  size_t same = 0;
  const auto goes = [&](const Spool::Entry& waiting) {
    if (!waiting.order.replaces || waiting.order.uri != entry.order.uri || same++ == 0) return false;
    needless.push_back(waiting.id);
    return true;
  };
  if (entry.order.replaces) std::erase_if(lane.entries, goes);
  lane.entries.push_back(entry);
  return needless;
}

std::optional<Spool::Entry> Lanes::take(Time now) {
  Lane* next = nullptr;
  for (auto& [group, lane] : lanes_) {
    const bool may_go = !lane.under_way && lane.due <= now;
    if (may_go && (next == nullptr || lane.turn < next->turn)) next = &lane;
  }
  if (next == nullptr) return std::nullopt;
  next->under_way = true;
  next->turn = ++turns_;
  return next->entries.front();
}

size_t Lanes::files() const {
  return std::accumulate(lanes_.begin(), lanes_.end(), size_t{0},
                         [](size_t sum, const auto& lane) { return sum + lane.second.entries.size(); });
}

std::optional<Lanes::Time> Lanes::next() const {
  std::optional<Time> earliest;
  for (const auto& [group, lane] : lanes_) {
    if (!lane.under_way && (!earliest || lane.due < *earliest)) earliest = lane.due;
  }
  return earliest;
}

// To the next file of the lane.
void Lanes::step(const std::string& group) {
  auto& lane = lanes_.at(group);
  lane.entries.pop_front();
  if (lane.entries.empty()) {
    lanes_.erase(group);
    return;
  }
  lane.under_way = false;
  lane.due = {};
  lane.first_failure.reset();
  lane.pause = {};
  lane.reason.clear();
}

void Lanes::done(const std::string& group) { step(group); }

Lanes::Verdict Lanes::failed(const std::string& group, const std::string& reason, Time now, double chance) {
  auto& lane = lanes_.at(group);
  const bool news = lane.reason != reason;
  lane.reason = reason;
  if (!lane.first_failure) lane.first_failure = now;
  if (now - *lane.first_failure >= pauses_.give_up) {
    step(group);
    return {.given_up = true, .pause = {}, .news = true};
  }
  lane.pause = lane.pause.count() == 0 ? pauses_.first : std::min(2 * lane.pause, pauses_.longest);
  const auto varied =
      std::chrono::duration_cast<std::chrono::milliseconds>(lane.pause * (0.5 + 0.5 * chance));
  lane.under_way = false;
  lane.due = now + varied;
  return {.given_up = false, .pause = varied, .news = news};
}

}  // namespace kms::storage
