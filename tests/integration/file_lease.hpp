// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

namespace kms::test {

// A lease on a file (fcntl, F_SETLEASE): another process that opens it waits until the kernel takes the lease
// away, after 45 s.
class FileLease {
 public:
  explicit FileLease(const std::string& path) : fd_(open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    std::signal(SIGIO, SIG_IGN);  // tells the holder, and would end it
    held_ = fcntl(fd_, F_SETLEASE, F_WRLCK) == 0;
  }
  ~FileLease() { release(); }
  FileLease(const FileLease&) = delete;
  FileLease& operator=(const FileLease&) = delete;

  bool held() const { return held_; }
  bool somebody_waits() const { return fcntl(fd_, F_GETLEASE) != F_WRLCK; }
  // Whoever waits goes on.
  void release() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
  bool held_ = false;
};

}  // namespace kms::test
