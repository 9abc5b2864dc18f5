// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/recovery.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "elements/recorder/file_bytes.hpp"
#include "elements/recorder/hls_recovery.hpp"
#include "elements/recorder/kept_show.hpp"
#include "elements/recorder/muxer.hpp"
#include "elements/recorder/place.hpp"
#include "kms-core/base/log.hpp"
#include "kms-core/storage/target.hpp"

namespace kms::recorder {
namespace {

constexpr uint64_t kBlock = 1 << 20;

int64_t number_in(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

Part part_of(const JournalEntry& entry) {
  Part out;
  out.number = static_cast<unsigned>(number_in(entry.fact("number")));
  out.uri = entry.fact("uri");
  out.reason = static_cast<PartReason>(number_in(entry.fact("reason")));
  out.start =
      std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(number_in(entry.fact("start")))));
  return out;
}

Status copy(int from, int to) {
  for (uint64_t at = 0;; at += kBlock) {
    const auto block = read_at(from, at, kBlock);
    const auto failed = write_at(to, at, block);
    if (failed != 0) return write_failure("the copy that is finished", failed);
    if (block.size() < kBlock) return ok();
  }
}

bool is_still(const std::string& path, int file) {
  struct stat ours {};
  struct stat there {};
  return fstat(file, &ours) == 0 && lstat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

// Another recording may have taken the name meanwhile: that one stays.
Status is_anothers(const std::string& where) {
  return error(StatusCode::kDataLoss, "NOTHING_RECORDED",
               fmt::format("{} is another recording's by now", where));
}

Status replace(const std::string& path, const std::string& copy, const OpenFile& original, int file) {
  if (fsync(file) != 0) return write_failure(copy, errno);
  if (!is_still(path, original.get())) {
    return is_anothers(path);
  }
  return rename(copy.c_str(), path.c_str()) == 0 ? ok() : write_failure(path, errno);
}

Result<Contents> finish_copy(const std::string& path, v1::Container container) {
  const OpenFile original(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (original.get() < 0) return no_whole_frame();
  if (length_of(original.get()) == 0) {  // the part had just begun
    if (is_still(path, original.get())) unlink(path.c_str());
    return no_whole_frame();
  }
  const auto beside = path + ".recovering";
  unlink(beside.c_str());  // of a server that was killed at it
  const OpenFile file(open(beside.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (file.get() < 0) return write_failure(beside, errno);
  auto status = copy(original.get(), file.get());
  Steps steps = 0;
  auto contents = status.ok() ? finish_file(container, file.get(), steps) : Result<Contents>(status);
  if (contents.ok()) status = replace(path, beside, original, file.get());
  if (contents.ok() && status.ok()) return contents;
  unlink(beside.c_str());
  return contents.ok() ? status : contents.status();
}

bool is_in_spool(const Config& config, const std::string& path) {
  const auto folder = std::filesystem::path(config.spool.folder + "/").lexically_normal().string();
  return !config.spool.folder.empty() &&
         std::filesystem::path(path).lexically_normal().string().starts_with(folder);
}

// In the spool the URI does not say where the file is.
Result<std::string> recovered_path(const Config& config, const JournalEntry& entry) {
  const auto uri = entry.fact("uri");
  const auto spooled = entry.fact("path");
  if (!storage::is_remote(uri)) return place_of(config, uri);
  if (is_in_spool(config, spooled)) return spooled;
  return no_whole_frame();
}

// Of a server that shares files.state: it stays for that one.
bool is_in_another_spool(const Config& config, const JournalEntry& entry) {
  const auto path = entry.fact("path");
  if (!storage::is_remote(entry.fact("uri")) || path.empty() || is_in_spool(config, path)) return false;
  log::warn("What a killed server left lies in another spool than this server's",
            {{"path", path}, {"uri", entry.fact("uri")}});
  return true;
}

Result<Contents> finish(const Config& config, const std::string& path, const JournalEntry& entry,
                        storage::Uploads* uploads) {
  const auto container = static_cast<v1::Container>(number_in(entry.fact("container")));
  if (container != v1::CONTAINER_HLS) return finish_copy(path, container);
  if (entry.is_taken(config)) return is_anothers(entry.fact("uri"));
  const auto part = static_cast<unsigned>(number_in(entry.fact("number")));
  if (!storage::is_remote(entry.fact("uri"))) return finish_hls(path, part);
  if (uploads == nullptr) return no_whole_frame();
  return finish_stored_hls({path, entry.fact("uri"), entry.fact("element"), part}, *uploads);
}

bool is_empty_file(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) != 0 || found.st_size == 0;
}

// What could not be finished is worth keeping as it is.
void hand_over_uploads(storage::Uploads* uploads) {
  if (uploads == nullptr) return;
  for (const auto& path : uploads->interrupted()) {
    if (is_empty_file(path)) {
      uploads->drop(path);
      continue;
    }
    const auto status = uploads->finish(path);
    if (!status.ok()) log::warn("A file in the spool cannot be uploaded", {{"why", message_of(status)}});
  }
}

bool is_to_be_tried_again(const Status& status) {
  const auto reason = reason_of(status);
  return reason == "NO_SPACE" || reason == "WRITE_FAILED" || reason == "SPOOL_FULL";
}

void remove_folder(const std::string& path) {
  std::error_code failed;
  std::filesystem::remove_all(path, failed);
}

void report(const Recovered& recovered) {
  if (recovered.part.outcome.ok()) {
    log::info("A recording that a killed server left was finished",
              {{"uri", recovered.part.uri}, {"element", recovered.element}});
    return;
  }
  log::warn("A recording that a killed server left cannot be finished",
            {{"uri", recovered.part.uri},
             {"element", recovered.element},
             {"reason", reason_of(recovered.part.outcome)},
             {"why", message_of(recovered.part.outcome)}});
}

}  // namespace

Recovered recover(const Config& config, JournalEntry& entry, storage::Uploads* uploads) {
  Recovered out{entry.fact("element"), part_of(entry)};
  const auto path = recovered_path(config, entry);
  const auto contents = path.ok() ? finish(config, *path, entry, uploads) : Result<Contents>(path.status());
  out.part.outcome = contents.status();
  if (path.ok()) out.part.path = *path;
  if (contents.ok()) {
    out.part.final = true;
    out.part.duration = contents->duration;
    out.part.size_bytes = contents->size_bytes;
    out.part.video_frames = contents->video_frames;
    out.part.audio_frames = contents->audio_frames;
  }
  if (!is_to_be_tried_again(out.part.outcome)) entry.remove();
  report(out);
  return out;
}

Recovery::Recovery(const Config& config, WorkerPool& workers, storage::Uploads* uploads)
    : state_(std::make_shared<State>()) {
  // Before there are those of this server.
  workers.run([&config, uploads, state = state_, kept = KeptShow::folders(config)]() mutable {
    JournalEntry::for_each_orphan(config, [&](JournalEntry& entry) {
      if (is_in_another_spool(config, entry)) return;
      auto recovered = recover(config, entry, uploads);
      const auto again = [&](const std::string& folder) {
        return recovered.part.path.starts_with(folder + "/");
      };
      if (!entry.is_removed()) std::erase_if(kept, again);
      const std::lock_guard lock(state->mutex);
      state->list.push_back(std::move(recovered));
    });
    hand_over_uploads(uploads);
    for (const auto& folder : kept) remove_folder(folder);
    const std::lock_guard lock(state->mutex);
    state->working = false;
  });
}

std::vector<Recovered> Recovery::list() const {
  const std::lock_guard lock(state_->mutex);
  return state_->list;
}

bool Recovery::working() const {
  const std::lock_guard lock(state_->mutex);
  return state_->working;
}

}  // namespace kms::recorder
