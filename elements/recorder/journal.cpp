// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>

#include "elements/recorder/file_bytes.hpp"
#include "kms-core/base/log.hpp"

namespace kms::recorder {
namespace {

constexpr char kEnding[] = ".part";
constexpr uint64_t kLongest = 65536;

// No two of any server.
std::string new_name() {
  static std::atomic<uint64_t> count = 0;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return fmt::format("{:x}-{:x}-{:x}{}", getpid(), now, ++count, kEnding);
}

std::string to_text(const Facts& facts) {
  std::string out;
  for (const auto& [word, says] : facts) out += fmt::format("{}={}\n", word, says);
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

// Its owner has finished in the moment between.
bool is_gone(int file) {
  struct stat found {};
  return fstat(file, &found) != 0 || found.st_nlink == 0;
}

}  // namespace

std::string JournalEntry::folder(const Config& config) {
  if (!config.files.state.empty()) return config.files.state;
  return config.files.write.empty() ? "" : config.files.write.front() + "/.kms";
}

JournalEntry JournalEntry::make(const Config& config, const Facts& facts) {
  const auto where = folder(config);
  std::error_code failed;
  std::filesystem::create_directories(where, failed);
  auto path = where + "/" + new_name();
  // Under another name until it is locked and whole: nobody takes it for an orphan.
  const auto early = path + ".new";
  auto file = lock(early, O_RDWR | O_CREAT | O_EXCL);
  const bool written = file.get() >= 0 && write_at(file.get(), 0, to_text(facts)) == 0;
  if (written && rename(early.c_str(), path.c_str()) == 0) return {std::move(path), std::move(file), facts};
  log::warn("A recording cannot be noted: should the server be killed, its file stays without an index",
            {{"folder", where}, {"why", std::generic_category().message(errno)}});
  unlink(early.c_str());
  return {"", OpenFile(-1), facts};
}

std::vector<JournalEntry> JournalEntry::orphans(const Config& config) {
  std::vector<JournalEntry> out;
  std::error_code failed;
  const auto where = folder(config);
  if (where.empty()) return out;
  for (const auto& found : std::filesystem::directory_iterator(where, failed)) {
    const auto path = found.path().string();
    if (!path.ends_with(kEnding)) continue;
    auto file = lock(path, O_RDWR);
    if (file.get() < 0 || is_gone(file.get())) continue;
    auto facts = parse(read_at(file.get(), 0, kLongest));
    if (facts) out.push_back({path, std::move(file), *std::move(facts)});
  }
  return out;
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
