// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/whole_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "elements/recorder/file_bytes.hpp"

namespace kms::recorder {
namespace {

Result<OpenFile> make_new(const std::string& path, bool replaces) {
  // What a killed server left of its work is in nobody's way.
  std::remove((path + ".tmp").c_str());
  if (!replaces && access(path.c_str(), F_OK) == 0) return file_exists(path);
  return make_file_in_folder(path + ".tmp", true);
}

}  // namespace

Status file_exists(const std::string& path) {
  return error(StatusCode::kAlreadyExists, "FILE_EXISTS",
               fmt::format("{} is there already; overwrite is not set", path));
}

std::string content_type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTypes{
      {{".webm", "video/webm"},
       {".mkv", "video/x-matroska"},
       {".mp4", "video/mp4"},
       {".m4s", "video/mp4"},
       {".m3u8", "application/vnd.apple.mpegurl"}}};
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return std::string(type);
  }
  return "application/octet-stream";
}

Result<WholeFile> WholeFile::make(const Place& place, const std::string& name, bool replaces) {
  const auto whole = place.base + name;
  if (place.uploads == nullptr) {
    auto file = make_new(whole, replaces);
    if (!file.ok()) return file.status();
    WholeFile out(place, whole + ".tmp", *std::move(file));
    out.final_ = whole;
    return out;
  }
  const auto path = place.uploads->begin({whole, content_type_of(name), place.group, replaces});
  if (!path.ok()) return path.status();
  auto file = make_file(*path, true);
  if (file.ok()) return WholeFile(place, *path, *std::move(file));
  place.uploads->drop(*path);
  return file.status();
}

Status WholeFile::write(std::string bytes) {
  gst::Gathered gathered;
  gathered.add(std::move(bytes));
  return write(gathered);
}

Status WholeFile::write(const gst::Gathered& bytes) {
  if (const auto failed = bytes.write(file_.get(), size_); failed != 0) {
    cut_to(file_.get(), size_);
    return write_failure(path_, failed);
  }
  size_ += bytes.size();
  return uploads_ == nullptr ? ok() : uploads_->grow(path_, size_);
}

Status WholeFile::commit() {
  if (uploads_ != nullptr) return uploads_->finish(path_);
  if (std::rename(path_.c_str(), final_.c_str()) == 0) return ok();
  return errno == ENOENT ? file_removed(final_) : write_failure(final_, errno);
}

void WholeFile::drop() {
  if (uploads_ != nullptr) return uploads_->drop(path_);
  std::remove(path_.c_str());
}

}  // namespace kms::recorder
