// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "kms-core/base/status.hpp"

namespace kms::recorder {

// Owns an open file descriptor.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept : descriptor_(other.release()) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  int get() const { return descriptor_; }
  // The descriptor is the caller's from now on.
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

// Makes a new file for reading and writing, and the folders that lead to it; never
// follows a symbolic link at the end of the path, never writes into a file that was there: with `overwrite` a
// regular file of that name is unlinked first. Blocks: call it on a worker. Errors: FILE_EXISTS, NO_SPACE,
// WRITE_FAILED.
Result<OpenFile> make_file(const std::string& path, bool overwrite);
// The same in a folder that is there. One that was taken away is not made again: WRITE_FAILED.
Result<OpenFile> make_file_in_folder(const std::string& path, bool overwrite);

}  // namespace kms::recorder
