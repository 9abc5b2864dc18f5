// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/process_usage.hpp"

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
  return parse(text);
}

}  // namespace kms::rtc::loadtest
