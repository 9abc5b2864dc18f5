// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/thread_times.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

namespace kms {
namespace {

// Of proc(5)'s stat.
struct Stat {
  std::string name;
  uint64_t ticks = 0;    // utime and stime
  uint64_t started = 0;  // starttime
};

// "12 (rtc-0) S ...": a name may hold brackets and blanks, so that the last bracket ends it.
std::optional<Stat> read(const std::string& text) {
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  std::istringstream fields(text.substr(close + 1));
  const std::vector<std::string> rest(std::istream_iterator<std::string>(fields), {});
  constexpr size_t kUtime = 11;  // counted from the state, which is the third of all
  constexpr size_t kStime = 12;
  constexpr size_t kStarted = 19;
  if (rest.size() <= kStarted) return std::nullopt;
  const auto number = [&](size_t field) { return std::strtoull(rest[field].c_str(), nullptr, 10); };
  return Stat{text.substr(open + 1, close - open - 1), number(kUtime) + number(kStime), number(kStarted)};
}

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

}  // namespace

void name_thread(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

std::string ThreadTimes::group_of(std::string_view name) {
  const auto dash = name.rfind('-');
  const bool own = dash != std::string_view::npos && dash > 0 && dash + 1 < name.size() &&
                   name.size() - dash <= 4 && std::all_of(name.begin() + dash + 1, name.end(), is_digit) &&
                   (name.starts_with("rtc-") || name.starts_with("control-"));
  std::string out;
  std::copy_if(name.begin(), name.end(), std::back_inserter(out),
               [&](char c) { return own || !is_digit(c); });
  return out.empty() ? "unnamed" : out;
}

const std::map<std::string, ThreadTimes::Group>& ThreadTimes::look() {
  ++looks_;
  for (auto& [name, group] : groups_) group.threads = 0;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failure)) {
    std::ifstream file(entry.path() / "stat");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    add(entry.path().filename(), text);
  }
  std::erase_if(seen_, [this](const auto& one) { return one.second.look != looks_; });
  return groups_;
}

// A group stays, since its sum must not fall; and a library may name threads as it likes.
ThreadTimes::Group& ThreadTimes::group_called(const std::string& name) {
  const auto found = groups_.find(name);
  if (found != groups_.end()) return found->second;
  return groups_[groups_.size() < kMostNames ? name : kOther];
}

// A thread that is renamed goes on under its new name.
void ThreadTimes::add(const std::string& id, const std::string& text) {
  const auto stat = read(text);
  if (!stat) return;  // it has just ended
  auto& seen = seen_[{id, stat->started}];
  auto& group = group_called(group_of(stat->name));
  ++group.threads;
  const auto more = stat->ticks - std::min(stat->ticks, seen.ticks);
  group.seconds += static_cast<double>(more) / static_cast<double>(sysconf(_SC_CLK_TCK));
  seen = {std::max(stat->ticks, seen.ticks), looks_};
}

}  // namespace kms
