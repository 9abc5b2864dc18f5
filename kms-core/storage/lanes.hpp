// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/storage/spool.hpp"

namespace kms::storage {

// Which file is to be sent when. A lane is a group's: its files go one after the other, and while the first
// must wait, all do; lanes take turns. No thread, no lock, no disk.
class Lanes {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Pauses {
    std::chrono::milliseconds first;
    std::chrono::milliseconds longest;
    std::chrono::milliseconds give_up;
  };
  explicit Lanes(const Pauses& pauses) : pauses_(pauses) {}

  // Answers the ids that are needless now: between the first and the last of a URI that is replaced.
  std::vector<std::string> add(const Spool::Entry& entry);

  // The next file that may be sent now; it is under way until done() or failed().
  std::optional<Spool::Entry> take(Time now);
  // When take() may have something; nothing: not before add(), done() or failed().
  std::optional<Time> next() const;

  size_t size() const { return lanes_.size(); }
  size_t files() const;

  void done(const std::string& group);
  bool has(const std::string& group) const { return lanes_.contains(group); }

  struct Verdict {
    bool given_up = false;
    std::chrono::milliseconds pause{};
    bool news = false;  // it failed in another way than before, or for good
  };
  // `chance`: 0 to 1; what a pause varies by, so that many do not come back at the same time.
  Verdict failed(const std::string& group, const std::string& reason, Time now, double chance);

 private:
  struct Lane {
    uint64_t turn;  // the lowest is next
    std::deque<Spool::Entry> entries = {};
    bool under_way = false;
    Time due{};
    std::optional<Time> first_failure = {};
    std::chrono::milliseconds pause{};
    std::string reason = {};
  };
  void step(const std::string& group);

  const Pauses pauses_;
  std::map<std::string, Lane> lanes_;
  uint64_t turns_ = 0;
};

}  // namespace kms::storage
