// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/thread_times.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace kms {
namespace {

// A folder as /proc/self/task, written by the test.
class Tasks {
 public:
  Tasks() : folder_(testing::TempDir() + "tasks-" + std::to_string(getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~Tasks() { std::filesystem::remove_all(folder_); }
  struct Task {
    std::string id;
    std::string name;
    uint64_t ticks = 0;
    uint64_t started = 1;
  };
  void put(const Task& task) {
    std::filesystem::create_directories(folder_ + "/" + task.id);
    std::ofstream(folder_ + "/" + task.id + "/stat")
        << task.id << " (" << task.name << ") S 1 2 3 4 5 6 7 8 9 10 " << task.ticks << " 0 0 0 20 0 9 0 "
        << task.started << " 0 0\n";
  }
  void end(const std::string& id) { std::filesystem::remove_all(folder_ + "/" + id); }
  const std::string& folder() const { return folder_; }

 private:
  const std::string folder_;
};

double seconds(uint64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

TEST(ThreadTimes, AddsUpThreadsOfOneKindAndKeepsWhatEndedOnesDid) {
  Tasks tasks;
  ThreadTimes times(tasks.folder());
  tasks.put({"7", "queue1:src", 100});
  tasks.put({"8", "queue12:src", 50});
  EXPECT_DOUBLE_EQ(times.look().at("queue:src").seconds, seconds(150));
  EXPECT_EQ(times.look().at("queue:src").threads, 2U);

  tasks.end("7");
  tasks.put({"8", "queue12:src", 60});

  EXPECT_DOUBLE_EQ(times.look().at("queue:src").seconds, seconds(160));
  EXPECT_EQ(times.look().at("queue:src").threads, 1U);
}

TEST(ThreadTimes, AnIdThatComesAgainIsAnotherThread) {
  Tasks tasks;
  ThreadTimes times(tasks.folder());
  tasks.put({"7", "worker", 100, 1});
  times.look();
  tasks.put({"7", "worker", 30, 2});

  EXPECT_DOUBLE_EQ(times.look().at("worker").seconds, seconds(130));
}

TEST(ThreadTimes, ANameMayHoldBracketsAndBlanks) {
  Tasks tasks;
  ThreadTimes times(tasks.folder());
  tasks.put({"7", "a) b (c", 40});
  tasks.put({"8", "123", 20});

  EXPECT_DOUBLE_EQ(times.look().at("a) b (c").seconds, seconds(40));
  EXPECT_DOUBLE_EQ(times.look().at("unnamed").seconds, seconds(20));
}

TEST(ThreadTimes, OwnThreadsKeepTheirNumbers) {
  EXPECT_EQ(ThreadTimes::group_of("rtc-0"), "rtc-0");
  EXPECT_EQ(ThreadTimes::group_of("control-11"), "control-11");
  EXPECT_EQ(ThreadTimes::group_of("queue-7"), "queue-");
  EXPECT_EQ(ThreadTimes::group_of("h264parse3:src"), "hparse:src");
}

TEST(ThreadTimes, NamesWithoutEndAreOneAtLast) {
  Tasks tasks;
  ThreadTimes times(tasks.folder());
  tasks.put({"1", "worker", 10});
  times.look();
  std::string name = "a";
  for (size_t i = 0; i < ThreadTimes::kMostNames + 40; ++i) {
    name.back() = name.back() == 'z' ? 'a' : static_cast<char>(name.back() + 1);
    if (name.back() == 'a') name += 'a';
    tasks.put({"2", name, 1, i + 2});
    times.look();
  }

  const auto& groups = times.look();
  EXPECT_LE(groups.size(), ThreadTimes::kMostNames + 1);
  EXPECT_EQ(groups.at(ThreadTimes::kOther).threads, 1U);
  EXPECT_DOUBLE_EQ(groups.at("worker").seconds, seconds(10));
}

TEST(ThreadTimes, SeesThisProcess) {
  ThreadTimes times;
  bool seen = false;
  std::thread([&] {
    name_thread("rtc-77-and-what-is-too-long");
    seen = times.look().contains("rtc--and-what");
  }).join();
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace kms
