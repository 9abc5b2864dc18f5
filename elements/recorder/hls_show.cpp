// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_show.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <utility>

#include "elements/recorder/file_bytes.hpp"
#include "elements/recorder/hls_names.hpp"
#include "kms-core/base/uri_policy.hpp"
#include "kms-core/storage/target.hpp"

namespace kms::recorder {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".m3u8";

std::string stem_of(const std::string& name) {
  return name.ends_with(kEnding) ? name.substr(0, name.size() - kEnding.size()) : name;
}

std::string new_id() {
  return fmt::format("{:x}-{:x}", getpid(), std::chrono::system_clock::now().time_since_epoch().count());
}

// Should the server be killed, the next start must not take them for this recording's.
void remove_earlier(const fs::path& folder, const std::string& playlist) {
  std::error_code failed;
  fs::directory_iterator at(folder, failed);
  for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
    const auto name = at->path().filename().string();
    if (name != playlist && !is_beside_playlist(name, stem_of(playlist))) continue;
    std::error_code kept;
    if (at->symlink_status(kept).type() == fs::file_type::regular) fs::remove(at->path(), kept);
  }
}

Result<Place> local_place(const Config& config, const HlsShow::Plan& plan, std::string& name) {
  const auto path = UriPolicy(config).writable_file(plan.uri);
  if (!path.ok()) return path.status();
  const fs::path whole(*path);
  std::error_code failed;
  fs::create_directories(whole.parent_path(), failed);
  if (failed) return write_failure(*path, failed.value());
  if (!plan.overwrite && fs::exists(whole, failed)) return file_exists(*path);
  name = whole.filename().string();
  if (plan.overwrite) remove_earlier(whole.parent_path(), name);
  return Place{whole.parent_path().string() + "/"};
}

}  // namespace

Result<std::shared_ptr<HlsShow>> HlsShow::make(const Config& config, storage::Uploads* uploads,
                                               const Plan& plan) {
  struct Access : HlsShow {
    Access(const Plan& p, Place place, std::string stem, KeptShow kept)
        : HlsShow(p, std::move(place), std::move(stem), std::move(kept)) {}
  };
  std::string name;
  if (!storage::is_remote(plan.uri)) {
    auto place = local_place(config, plan, name);
    if (!place.ok()) return place.status();
    return std::make_shared<Access>(plan, *std::move(place), stem_of(name), KeptShow());
  }
  const auto slash = plan.uri.rfind('/') + 1;
  name = plan.uri.substr(slash);
  return std::make_shared<Access>(plan, Place{plan.uri.substr(0, slash), uploads, plan.group}, stem_of(name),
                                  KeptShow(config, stem_of(name) + std::string(kEnding)));
}

HlsShow::HlsShow(const Plan& plan, Place place, std::string stem, KeptShow kept)
    : id_(new_id()),
      options_(plan.playlist),
      uri_(plan.uri),
      overwrite_(plan.overwrite),
      place_(std::move(place)),
      stem_(std::move(stem)),
      kept_(std::move(kept)),
      playlist_(plan.playlist) {}

Status HlsShow::commit(WholeFile& file, const std::string& segment, std::chrono::nanoseconds duration,
                       std::chrono::nanoseconds end) const {
  const auto length = segment + std::string(kLength);
  kept_.keep(length, fmt::format("{} {}", duration.count(), end.count()));
  auto status = file.commit();
  if (!status.ok()) kept_.forget(length);
  return status;
}

void HlsShow::begin(unsigned part, const std::string& init, std::chrono::system_clock::time_point start) {
  const std::lock_guard lock(mutex_);
  parts_[part] = {init, start};
}

Status HlsShow::add(unsigned part, const std::string& segment, std::chrono::nanoseconds duration) {
  const std::lock_guard lock(mutex_);
  parts_.at(part).segments.push_back({segment, duration});
  return parts_.begin()->first == part ? show() : ok();
}

Status HlsShow::end(unsigned part) {
  const std::lock_guard lock(mutex_);
  parts_.at(part).ended = true;
  return parts_.begin()->first == part ? show() : ok();
}

void HlsShow::noted(unsigned part) {
  const std::lock_guard lock(mutex_);
  noted_ = part;
  forget();
}

void HlsShow::leave(unsigned part, JournalEntry note) {
  const std::lock_guard lock(mutex_);
  if (part < noted_) return note.remove();
  if (note.is_removed()) return;  // it could not be noted
  forget();
  left_ = std::move(note);
}

Status HlsShow::close() {
  const std::lock_guard lock(mutex_);
  playlist_.end();
  auto status = playlist_.empty() ? ok() : show();
  if (!status.ok()) return status;
  forget();
  kept_.drop();
  return status;
}

// With the mutex held.
void HlsShow::forget() {
  if (left_) left_->remove();
  left_.reset();
}

// With the mutex held: what belongs into the playlist now goes there, and the playlist into its file.
Status HlsShow::show() {
  std::vector<std::string> needless;
  std::vector<std::string> listed;
  while (!parts_.empty()) {
    auto& part = parts_.begin()->second;
    if (!part.segments.empty() && !std::exchange(part.begun, true)) playlist_.begin(part.init, part.start);
    for (const auto& [name, duration] : std::exchange(part.segments, {})) {
      const auto gone = playlist_.add(name, duration);
      needless.insert(needless.end(), gone.begin(), gone.end());
      listed.push_back(name);
    }
    if (!part.ended) break;
    parts_.erase(parts_.begin());
  }
  if (playlist_.empty()) return ok();
  auto file = WholeFile::make(place_, stem_ + std::string(kEnding),
                              std::exchange(shown_, true) || overwrite_ || place_.uploads != nullptr);
  if (!file.ok()) return file.status();
  const auto text = playlist_.text();
  const bool kept = kept_.keep(stem_ + std::string(kEnding), text);
  for (const auto& name : listed) {
    if (kept) kept_.forget(name + std::string(kLength));
  }
  if (auto status = file->write(text); !status.ok()) {
    file->drop();
    return status;
  }
  remove(needless);
  return file->commit();
}

// What is at a storage stays there: its owner's rules say for how long.
void HlsShow::remove(const std::vector<std::string>& names) const {
  if (place_.uploads != nullptr) return;
  for (const auto& name : names) std::remove((place_.base + name).c_str());
}

}  // namespace kms::recorder
