// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/file_bytes.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace kms::recorder {

std::string read_at(int file, uint64_t position, uint64_t bytes) {
  std::string out(bytes, '\0');
  size_t have = 0;
  while (have < bytes) {
    const auto got = pread(file, out.data() + have, bytes - have, static_cast<off_t>(position + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<size_t>(got);
  }
  out.resize(have);
  return out;
}

uint64_t length_of(int file) {
  struct stat found {};
  return fstat(file, &found) == 0 ? static_cast<uint64_t>(found.st_size) : 0;
}

int write_at(int file, uint64_t position, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    position += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int cut_to(int file, uint64_t length) { return ftruncate(file, static_cast<off_t>(length)) == 0 ? 0 : errno; }

Status write_failure(const std::string& what, int code) {
  const auto why = fmt::format("{}: {}", what, std::generic_category().message(code));
  // EFBIG: the process or the file system allows no longer file.
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  if (full) return error(StatusCode::kResourceExhausted, "NO_SPACE", why);
  return error(StatusCode::kDataLoss, "WRITE_FAILED", why);
}

Status file_removed(const std::string& path) {
  return error(StatusCode::kDataLoss, "FILE_REMOVED",
               fmt::format("{} was removed, renamed or replaced while it was written", path));
}

Status not_a_recording(std::string_view why) {
  return error(StatusCode::kDataLoss, "MEDIA_ERROR", fmt::format("the file is no recording of kms: {}", why));
}

Status no_whole_frame() {
  return error(StatusCode::kDataLoss, "NOTHING_RECORDED", "no whole frame is in the file");
}

Status append(int file, uint64_t length, std::string_view end) {
  const auto failed = write_at(file, length, end);
  if (failed == 0) return ok();
  cut_to(file, length);
  return write_failure("the index cannot be written", failed);
}

}  // namespace kms::recorder
