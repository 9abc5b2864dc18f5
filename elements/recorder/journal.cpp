// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include "elements/recorder/file_bytes.hpp"
#include "kms-core/base/log.hpp"

namespace kms::recorder {
namespace {

constexpr char kPartEnding[] = ".part";
constexpr char kEarly[] = ".part.new";  // until an entry is locked and whole: nobody takes it for an orphan
constexpr uint64_t kLongest = 65536;

// No two of any server.
std::string new_name() {
  static std::atomic<uint64_t> count = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return fmt::format("{:x}-{:x}-{:x}", getpid(), now, ++count);
}

// URIs, and nothing else, may have more lines; so written they are the same.
std::string in_one_line(std::string text) {
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n')) text.replace(at, 1, "%0A");
  return text;
}

std::string to_text(const Facts& facts) {
  std::string out;
  for (const auto& [word, says] : facts) out += fmt::format("{}={}\n", word, in_one_line(says));
  return out + "end\n";
}

// Nothing of what was not written to its end.
std::optional<Facts> parse(const std::string& text) {
  Facts out;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line == "end") return out;
    const auto at = line.find('=');
    if (at != std::string::npos) out[line.substr(0, at)] = line.substr(at + 1);
  }
  return std::nullopt;
}

// Opened and locked; no descriptor when a living server has it.
OpenFile lock(const std::string& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  OpenFile out(file);
  if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0) return OpenFile(-1);
  return out;
}

// Those of a server in the order in which it made them.
std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code failed;
  for (const auto& found : std::filesystem::directory_iterator(folder, failed)) out.push_back(found.path());
  std::sort(out.begin(), out.end());
  return out;
}

// Of a server that was killed before it gave the entry its name, which takes no time.
bool is_forgotten(const std::string& path) {
  if (!path.ends_with(kEarly)) return false;
  std::error_code failed;
  const auto changed = std::filesystem::last_write_time(path, failed);
  return !failed && std::filesystem::file_time_type::clock::now() - changed > std::chrono::minutes(1);
}

// Its owner has finished in the moment between.
bool is_gone(int file) {
  struct stat found {};
  return fstat(file, &found) != 0 || found.st_nlink == 0;
}

}  // namespace

std::string JournalEntry::folder(const Config& config) {
  if (!config.files.state.empty()) return config.files.state;
  if (!config.files.write.empty()) return config.files.write.front() + "/.kms";
  return config.spool.folder.empty() ? "" : config.spool.folder + "/.kms";
}

JournalEntry JournalEntry::make(const Config& config, const Facts& facts) {
  const auto where = folder(config);
  std::error_code failed;
  std::filesystem::create_directories(where, failed);
  const auto name = where + "/" + new_name();
  auto path = name + kPartEnding;
  const auto early = name + kEarly;
  auto file = lock(early, O_RDWR | O_CREAT | O_EXCL);
  const bool written = file.get() >= 0 && write_at(file.get(), 0, to_text(facts)) == 0;
  if (written && rename(early.c_str(), path.c_str()) == 0) return {std::move(path), std::move(file), facts};
  log::warn("A recording cannot be noted: should the server be killed, its file stays without an index",
            {{"folder", where}, {"why", std::generic_category().message(errno)}});
  unlink(early.c_str());
  return {"", OpenFile(-1), facts};
}

void JournalEntry::for_each_orphan(const Config& config, const std::function<void(JournalEntry&)>& visit) {
  const auto where = folder(config);
  if (where.empty()) return;
  for (const auto& path : files_in(where)) {
    if (is_forgotten(path)) unlink(path.c_str());
    if (!path.ends_with(kPartEnding)) continue;
    auto entry = take_over(path);
    if (entry) visit(*entry);
  }
}

std::optional<JournalEntry> JournalEntry::take_over(const std::string& path) {
  auto file = lock(path, O_RDWR);
  if (file.get() < 0 || is_gone(file.get())) return std::nullopt;
  auto facts = parse(read_at(file.get(), 0, kLongest));
  if (facts) return JournalEntry(path, std::move(file), *std::move(facts));
  unlink(path.c_str());
  return std::nullopt;
}

bool JournalEntry::is_taken(const Config& config) const {
  for (const auto& path : files_in(folder(config))) {
    if (path == path_ || !path.ends_with(kPartEnding)) continue;
    const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) continue;
    auto facts = parse(read_at(file.get(), 0, kLongest));
    if (!facts || (*facts)["uri"] != fact("uri")) continue;
    if (!fact("show").empty() && (*facts)["show"] == fact("show")) continue;
    if (flock(file.get(), LOCK_SH | LOCK_NB) != 0) return true;
  }
  return false;
}

std::string JournalEntry::fact(const std::string& word) const {
  const auto found = facts_.find(word);
  return found == facts_.end() ? "" : found->second;
}

void JournalEntry::remove() {
  if (!path_.empty()) unlink(path_.c_str());
  path_.clear();
}

}  // namespace kms::recorder
