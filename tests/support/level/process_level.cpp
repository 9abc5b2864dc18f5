// SPDX-License-Identifier: Apache-2.0
#include "tests/support/level/process_level.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace kms::test {
namespace {

namespace fs = std::filesystem;

constexpr char kSocket[] = "socket:[";

std::string folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

// What ends meanwhile is left out.
std::map<pid_t, std::string> threads_of(const std::string& folder) {
  std::map<pid_t, std::string> out;
  for (const auto& entry : fs::directory_iterator(folder + "/task")) {
    std::ifstream file(entry.path() / "comm");
    std::string name;
    if (std::getline(file, name)) out.emplace(std::stoi(entry.path().filename()), name);
  }
  return out;
}

// Without the one that looks.
std::map<int, std::string> descriptors_of(const std::string& folder) {
  std::map<int, std::string> out;
  for (const auto& entry : fs::directory_iterator(folder + "/fd")) {
    std::error_code gone;
    const auto target = fs::read_symlink(entry.path(), gone);
    if (!gone && target != folder + "/fd") out.emplace(std::stoi(entry.path().filename()), target);
  }
  return out;
}

// "socket:[INODE]" says which, and not what it is: its line of the kernel's tables does, with the addresses.
std::string explain(const std::string& target) {
  if (!target.starts_with(kSocket)) return target;
  const auto inode = target.substr(sizeof kSocket - 1, target.size() - sizeof kSocket);
  for (const auto* table : {"tcp", "tcp6", "udp", "udp6", "unix", "netlink"}) {
    std::ifstream file(std::string("/proc/self/net/") + table);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::vector<std::string> all{std::istream_iterator<std::string>(words), {}};
      if (std::ranges::find(all, inode) == all.end()) continue;
      return std::string(table) + " " + all.at(1) + " to " + all.at(2);
    }
  }
  return "socket of another kind, or closed meanwhile";
}

std::string as_it_is(const std::string& text) { return text; }

// The values of `in` that `from` has fewer of.
template <typename Key>
std::vector<std::string> missing(const std::map<Key, std::string>& from,
                                 const std::map<Key, std::string>& in) {
  std::vector<std::string> there, wanted, out;
  for (const auto& [key, value] : from) there.push_back(value);
  for (const auto& [key, value] : in) wanted.push_back(value);
  std::ranges::sort(there);
  std::ranges::sort(wanted);
  std::ranges::set_difference(wanted, there, std::back_inserter(out));
  return out;
}

std::string list(const std::vector<std::string>& values, std::string (*tell)(const std::string&)) {
  std::string out;
  for (const auto& value : values) out += (out.empty() ? "" : ", ") + tell(value);
  return out.empty() ? "none" : out;
}

template <typename Key>
std::string compare(const std::map<Key, std::string>& before, const std::map<Key, std::string>& now,
                    std::string (*tell)(const std::string&)) {
  std::ostringstream out;
  out << before.size() << " before, " << now.size() << " now; new: " << list(missing(before, now), tell)
      << "; gone: " << list(missing(now, before), as_it_is);
  return out.str();
}

}  // namespace

ProcessLevel ProcessLevel::now() {
  // ThreadSanitizer begins a thread of its own with the first of the process.
  static const bool begun = (std::thread([] {}).join(), true);
  static_cast<void>(begun);
  return of(getpid());
}

ProcessLevel ProcessLevel::of(pid_t process) {
  const auto folder = folder_of(process);
  return ProcessLevel{threads_of(folder), descriptors_of(folder)}.without(
      {"gdbus", "gmain", "GstSystemClock", "pool-spawner"});
}

ProcessLevel ProcessLevel::without(std::initializer_list<const char*> names) const {
  auto out = *this;
  std::erase_if(out.threads, [&](const auto& thread) {
    return std::ranges::any_of(names, [&](const char* name) { return thread.second.starts_with(name); });
  });
  return out;
}

std::string compare(const ProcessLevel& before, const ProcessLevel& now) {
  return "threads: " + compare(before.threads, now.threads, as_it_is) +
         "\ndescriptors: " + compare(before.descriptors, now.descriptors, explain);
}

testing::AssertionResult came_back_to(const ProcessLevel& before, const std::function<ProcessLevel()>& look,
                                      std::chrono::milliseconds patience) {
  ProcessLevel now;
  const bool back = eventually(
      [&] {
        now = look();
        return now.threads.size() <= before.threads.size() &&
               now.descriptors.size() <= before.descriptors.size();
      },
      patience);
  return back ? testing::AssertionSuccess() : testing::AssertionFailure() << compare(before, now);
}

size_t allocated_bytes() {
  malloc_trim(0);
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace kms::test
