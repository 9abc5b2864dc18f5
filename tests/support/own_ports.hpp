// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

namespace kms::test {

// Ports that are this test's alone as long as the object lives: for what is told its port before it binds it,
// or comes back to it, and for ranges that come to an end. They lie below those that the kernel gives away
// (32768 to 60999, ip_local_port_range): with port 0, "find a free one, close it and use it later" loses to
// anybody's connection. Tests that run at the same time get different ones: who has a run of ports has its
// name.
class OwnPorts {
 public:
  static constexpr uint16_t kCount = 100;

  OwnPorts() {
    const size_t begin = std::random_device{}();
    for (size_t i = 0; i < kRuns; ++i) {
      first_ = static_cast<uint16_t>(kLowest + kCount * ((begin + i) % kRuns));
      name_ = hold("kms-test-ports-" + std::to_string(first_));
      if (name_ < 0) continue;
      if (all_free()) return;  // not those of a daemon, or of a child that outlived its test
      close(name_);
    }
    throw std::runtime_error("all ports that tests may have are taken");
  }
  ~OwnPorts() { close(name_); }
  OwnPorts(const OwnPorts&) = delete;
  OwnPorts& operator=(const OwnPorts&) = delete;

  uint16_t first() const { return first_; }  // an even number
  uint16_t last() const { return static_cast<uint16_t>(first_ + kCount - 1); }

 private:
  static constexpr uint16_t kLowest = 30'000;
  static constexpr size_t kRuns = 27;

  // An abstract name (unix(7)): one socket has it, in this network, and it goes with the process.
  static int hold(const std::string& name) {
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(&address.sun_path[1], name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
    close(fd);
    return -1;
  }
  bool all_free() const {
    for (uint16_t i = 0; i < kCount; ++i) {
      const auto port = static_cast<uint16_t>(first_ + i);
      if (!is_free(SOCK_DGRAM, port) || !is_free(SOCK_STREAM, port)) return false;
    }
    return true;
  }
  static bool is_free(int type, uint16_t port) {
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    const int on = 1;  // what waits for a connection's last packets is in nobody's way
    if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return free;
  }

  uint16_t first_ = 0;
  int name_ = -1;
};

}  // namespace kms::test
