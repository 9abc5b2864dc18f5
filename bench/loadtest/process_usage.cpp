// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/process_usage.hpp"

#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace kms::rtc::loadtest {
namespace {

// Of the fields behind the name, which may have blanks and brackets in it: state is the first of them.
constexpr size_t kUserTime = 11, kSystemTime = 12, kThreads = 17, kResidentPages = 21;

// The kernel's text counts in steps of 10 ms; this clock of the same process does not.
std::optional<double> cpu_seconds_of(int pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return std::nullopt;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

std::optional<ProcessUsage> ProcessUsage::parse(std::string_view stat) {
  const auto name_ends = stat.rfind(')');
  if (name_ends == std::string_view::npos) return std::nullopt;
  std::istringstream rest{std::string(stat.substr(name_ends + 1))};
  std::string state;
  rest >> state;
  const std::vector<long long> numbers{std::istream_iterator<long long>(rest), {}};
  if (numbers.size() < kResidentPages) return std::nullopt;
  const auto field = [&](size_t index) { return static_cast<double>(numbers[index - 1]); };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return ProcessUsage{(field(kUserTime) + field(kSystemTime)) / ticks, static_cast<long>(field(kThreads)),
                      field(kResidentPages) * page / (1024 * 1024)};
}

std::optional<ProcessUsage> ProcessUsage::of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto usage = parse(text);
  if (usage) usage->cpu_seconds = cpu_seconds_of(pid).value_or(usage->cpu_seconds);
  return usage;
}

}  // namespace kms::rtc::loadtest
