// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/recording_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace kms::recorder {
namespace {

Status failure(const std::string& path, int code) {
  const auto why = std::generic_category().message(code);
  if (code == EEXIST) {
    return error(StatusCode::kAlreadyExists, "FILE_EXISTS",
                 fmt::format("{} is there already; overwrite is not set", path));
  }
  if (code == ENOSPC || code == EDQUOT) {
    return error(StatusCode::kResourceExhausted, "NO_SPACE", fmt::format("{}: {}", path, why));
  }
  return error(StatusCode::kDataLoss, "WRITE_FAILED", fmt::format("{} cannot be made: {}", path, why));
}

int create(const std::string& path) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
}

bool is_regular(const std::string& path) {
  struct stat found {};
  return lstat(path.c_str(), &found) == 0 && S_ISREG(found.st_mode);
}

}  // namespace

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<OpenFile> make_file(const std::string& path, bool overwrite) {
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  return failed ? failure(path, failed.value()) : make_file_in_folder(path, overwrite);
}

Result<OpenFile> make_file_in_folder(const std::string& path, bool overwrite) {
  int file = create(path);
  if (file < 0 && errno == EEXIST && overwrite && is_regular(path)) {
    // Whoever reads or still writes the old file keeps it.
    if (unlink(path.c_str()) != 0) return failure(path, errno);
    file = create(path);
  }
  if (file < 0) return failure(path, errno);
  return OpenFile(file);
}

}  // namespace kms::recorder
