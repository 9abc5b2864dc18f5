// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <random>

namespace kms::test {

// A port of 127.0.0.1 for a server that cannot say which one it has, or comes back to the one that it had:
// none of those that the kernel gives to whoever asks for any, so that nobody else has it meanwhile.
inline uint16_t free_port() {
  const auto is_free = [](uint16_t port, int type) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return bound;
  };
  std::random_device random;
  for (;;) {
    const auto port = std::uniform_int_distribution<uint16_t>(10'000, 19'999)(random);
    if (is_free(port, SOCK_STREAM) && is_free(port, SOCK_DGRAM)) return port;
  }
}

}  // namespace kms::test
