// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "elements/recorder/recording_file.hpp"
#include "kms-core/gst/gathered.hpp"
#include "kms-core/storage/uploads.hpp"

namespace kms::recorder {

// Where files of one recording go together: a folder, or by way of the spool to a storage.
struct Place {
  std::string base;                     // path of a folder, or URI, up to its slash
  storage::Uploads* uploads = nullptr;  // null: a folder
  std::string group = {};               // of uploads
};

// A file that is under its name only once it is whole. Blocks; one thread.
class WholeFile {
 public:
  // `replaces`: an earlier file of that name may be there. Errors: NO_SPACE, WRITE_FAILED, FILE_EXISTS, those
  // of storage::Uploads::begin().
  static Result<WholeFile> make(const Place& place, const std::string& name, bool replaces);
  WholeFile(WholeFile&& other) noexcept = default;
  WholeFile& operator=(WholeFile&& other) noexcept = default;

  // All of it or nothing. Errors: NO_SPACE, WRITE_FAILED, SPOOL_FULL.
  Status write(const gst::Gathered& bytes);
  Status write(std::string bytes);
  uint64_t size() const { return size_; }

  // Errors: WRITE_FAILED, FILE_REMOVED.
  Status commit();
  void drop();

 private:
  WholeFile(const Place& place, std::string path, OpenFile file)
      : uploads_(place.uploads), path_(std::move(path)), file_(std::move(file)) {}

  storage::Uploads* uploads_;
  std::string path_;        // while it is written
  std::string final_ = {};  // in a folder
  OpenFile file_;
  uint64_t size_ = 0;
};

Status file_exists(const std::string& path);

// As servers name the type of a file, by its ending.
std::string content_type_of(std::string_view name);

}  // namespace kms::recorder
