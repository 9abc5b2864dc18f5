// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace kms {

// Calls the calling thread by a name, of which the kernel keeps 15 characters.
void name_thread(const std::string& name);

// Processor time of this process by names of threads. What a thread did between the last look at it and its
// end is not seen, so that sums never fall. Asks /proc; one thread at a time.
class ThreadTimes {
 public:
  // `folder`: one per thread in it, with its `stat`.
  explicit ThreadTimes(std::string folder = "/proc/self/task") : folder_(std::move(folder)) {}

  struct Group {
    uint64_t threads = 0;  // now
    double seconds = 0;    // of those that are gone, too
  };
  // At most so many names; threads of any other are together under kOther.
  static constexpr size_t kMostNames = 128;
  static constexpr const char* kOther = "other";

  // By name. GStreamer numbers its threads on and on: all of a kind are one name ("queue:src"). kms's own are
  // numbered from 0 and stay ("rtc-0").
  const std::map<std::string, Group>& look();

  static std::string group_of(std::string_view name);

 private:
  using Key = std::pair<std::string, uint64_t>;  // id, when it began: ids come again
  struct Seen {
    uint64_t ticks = 0;
    uint64_t look = 0;
  };
  void add(const std::string& id, const std::string& stat);
  Group& group_called(const std::string& name);

  const std::string folder_;
  std::map<Key, Seen> seen_;
  std::map<std::string, Group> groups_;
  uint64_t looks_ = 0;
};

}  // namespace kms
