// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "kms-core/base/log.hpp"

namespace kms::storage {
namespace {

namespace fs = std::filesystem;

Status unusable(const std::string& folder, std::string_view why) {
  return error(StatusCode::kFailedPrecondition, "SPOOL_UNUSABLE",
               fmt::format("spool.folder {}: {}", folder, why));
}

// Everything that an order says; no value has a line break.
bool write_order(const std::string& path, const Order& order) {
  std::ofstream out(path);
  out << "uri " << order.uri << "\ntype " << order.content_type << "\ngroup " << order.group
      << (order.replaces ? "\nreplaces\n" : "\n");
  return out.flush().good();
}

Order read_order(const std::string& path) {
  Order order;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const auto space = line.find(' ');
    const auto word = line.substr(0, space);
    const auto value = space == std::string::npos ? std::string() : line.substr(space + 1);
    if (word == "uri") order.uri = value;
    if (word == "type") order.content_type = value;
    if (word == "group") order.group = value;
    if (word == "replaces") order.replaces = true;
  }
  return order;
}

uint64_t size_of(const std::string& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  return failed ? 0 : size;
}

std::vector<fs::path> files_in(const std::string& folder) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const Config::Spool& config) {
  std::error_code failed;
  fs::create_directories(config.folder, failed);
  if (failed) return unusable(config.folder, failed.message());
  const auto path = config.folder + "/lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return unusable(config.folder, std::generic_category().message(errno));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    close(file);
    return unusable(config.folder, "another server has it");
  }
  return std::unique_ptr<Spool>(new Spool(config, file));
}

Spool::Spool(const Config::Spool& config, int lock)
    : folder_(config.folder), max_bytes_(config.max_bytes), lock_(lock) {}

Spool::~Spool() { close(lock_); }

std::vector<Spool::Entry> Spool::load() {
  std::vector<Entry> out;
  for (const auto& file : files_in(folder_)) {
    const bool open = file.extension() == ".open";
    if (!open && file.extension() != ".parcel") continue;
    Entry entry{file.stem().string(), read_order(file.string()), 0, open};
    entry.bytes = size_of(data(entry.id));
    if (entry.bytes == 0) {
      remove(entry.id);
      continue;
    }
    count(entry.id, entry.bytes);
    if (!entry.order.uri.empty()) {
      out.push_back(std::move(entry));
      continue;
    }
    log::warn("A file in the spool stays there: where it goes cannot be read", {{"file", data(entry.id)}});
  }
  return out;
}

// Microseconds of the clock, or the one after the last.
std::string Spool::next_id() {
  using namespace std::chrono;
  const auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  last_id_ = std::max(last_id_ + 1, static_cast<uint64_t>(now));
  return fmt::format("{:016x}", last_id_);
}

Status Spool::full() const {
  return error(StatusCode::kResourceExhausted, "SPOOL_FULL",
               fmt::format("{} bytes wait to be uploaded; spool.max_bytes is {}", bytes_.load(), max_bytes_));
}

Result<std::string> Spool::add(const Order& order) {
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    if (bytes_ >= max_bytes_ && !order.replaces) return full();
    id = next_id();
    sizes_[id] = {0, order.replaces};
  }
  errno = 0;
  if (write_order(path(id, ".open"), order)) return id;
  const int code = errno;
  remove(id);
  const auto text = fmt::format("{}: {}", folder_, std::generic_category().message(code));
  if (code == ENOSPC || code == EDQUOT) return error(StatusCode::kResourceExhausted, "NO_SPACE", text);
  return error(StatusCode::kDataLoss, "WRITE_FAILED", text);
}

// Whether there is room for it.
bool Spool::count(const std::string& id, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  auto& size = sizes_[id];
  bytes_ += bytes - size.bytes;
  size.bytes = bytes;
  return size.always || bytes_ <= max_bytes_;
}

Status Spool::grow(const std::string& id, uint64_t bytes) { return count(id, bytes) ? ok() : full(); }

Result<Spool::Entry> Spool::finish(const std::string& id, const Order& order) {
  Entry entry{id, order, size_of(data(id)), false};
  count(id, entry.bytes);
  if (std::rename(path(id, ".open").c_str(), path(id, ".parcel").c_str()) == 0) return entry;
  return error(StatusCode::kDataLoss, "WRITE_FAILED",
               fmt::format("{}: {}", path(id, ".open"), std::generic_category().message(errno)));
}

void Spool::remove(const std::string& id) {
  // What is to become of it goes last: without a file it tells a later start that there is nothing to do.
  for (const auto* ending : {".data", ".parts", ".open", ".parcel"}) std::remove(path(id, ending).c_str());
  const std::lock_guard lock(mutex_);
  if (const auto found = sizes_.find(id); found != sizes_.end()) {
    bytes_ -= found->second.bytes;
    sizes_.erase(found);
  }
}

}  // namespace kms::storage
