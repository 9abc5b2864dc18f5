// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/kept_show.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "elements/recorder/file_bytes.hpp"
#include "elements/recorder/hls_names.hpp"
#include "elements/recorder/hls_recovery.hpp"
#include "elements/recorder/whole_file.hpp"
#include "kms-core/base/log.hpp"

namespace kms::recorder {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "show-";  // in the spool; then what makes it the only one

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Files that were on their way into the spool when the server was killed: the segment goes where finish_hls()
// looks for it, the others are written anew.
void take_interrupted(const StoredShow& show, const std::string& prefix, storage::Uploads& uploads) {
  const auto base = folder_of(show.uri);
  for (const auto& path : uploads.interrupted()) {
    const auto to = uploads.uri_of(path);
    if (folder_of(to) != base) continue;
    const auto name = name_of(to);
    const bool segment = is_hls_segment(name, prefix);
    if (segment) {
      const auto taken = folder_of(show.playlist) + name + ".tmp";
      unlink(taken.c_str());
      if (link(path.c_str(), taken.c_str()) != 0) continue;
    }
    if (segment || to == show.uri || name == prefix + "init.mp4") uploads.drop(path);
  }
}

// Segments that finish_hls() has made whole; none or one.
std::vector<std::string> segments_in(const std::string& folder, const std::string& prefix) {
  std::vector<std::string> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    auto name = entry.path().filename().string();
    if (is_hls_segment(name, prefix)) out.push_back(std::move(name));
  }
  return out;
}

Status hand_over(const std::string& name, const StoredShow& show, storage::Uploads& uploads) {
  const auto path = folder_of(show.playlist) + name;
  const OpenFile from(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (from.get() < 0) return no_whole_frame();
  const bool replaces = name == name_of(show.uri);
  auto file = WholeFile::make({folder_of(show.uri), &uploads, show.group}, name, replaces);
  if (!file.ok()) return file.status();
  if (auto status = file->write(read_at(from.get(), 0, length_of(from.get()))); !status.ok()) {
    file->drop();
    return status;
  }
  return file->commit();
}

}  // namespace

KeptShow::KeptShow(const Config& config, const std::string& playlist) {
  auto folder = fmt::format("{}/{}XXXXXX", config.spool.folder, kFolder);
  if (!config.spool.folder.empty() && mkdtemp(folder.data()) != nullptr) {
    playlist_ = folder + "/" + playlist;
    return;
  }
  log::warn("A recording cannot be kept: should the server be killed, its playlist stays without an end",
            {{"folder", folder}, {"why", std::generic_category().message(errno)}});
}

bool KeptShow::keep(const std::string& name, const std::string& content) const {
  if (playlist_.empty()) return false;
  const auto path = folder_of(playlist_) + name;
  const auto early = path + ".new";
  const OpenFile file(open(early.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const bool written = file.get() >= 0 && write_at(file.get(), 0, content) == 0;
  if (written && std::rename(early.c_str(), path.c_str()) == 0) return true;
  unlink(early.c_str());
  return false;
}

void KeptShow::forget(const std::string& name) const {
  if (!playlist_.empty()) unlink((folder_of(playlist_) + name).c_str());
}

void KeptShow::drop() {
  if (playlist_.empty()) return;
  std::error_code failed;
  fs::remove_all(folder_of(std::exchange(playlist_, {})), failed);
}

std::vector<std::string> KeptShow::folders(const Config& config) {
  std::vector<std::string> out;
  std::error_code failed;
  if (config.spool.folder.empty()) return out;
  for (const auto& entry : fs::directory_iterator(config.spool.folder, failed)) {
    if (entry.path().filename().string().starts_with(kFolder)) out.push_back(entry.path().string());
  }
  return out;
}

Result<Contents> finish_stored_hls(const StoredShow& show, storage::Uploads& uploads) {
  const auto name = name_of(show.playlist);
  const auto prefix = hls_prefix(name.substr(0, name.rfind('.')), show.part);
  take_interrupted(show, prefix, uploads);
  auto contents = finish_hls(show.playlist, show.part);
  if (!contents.ok()) return contents;
  std::vector<std::string> files = segments_in(folder_of(show.playlist), prefix);
  if (!files.empty()) files.insert(files.begin(), prefix + "init.mp4");  // it may have been under way, too
  files.push_back(name);
  for (const auto& each : files) {
    if (auto status = hand_over(each, show, uploads); !status.ok()) return status;
  }
  return contents;
}

}  // namespace kms::recorder
