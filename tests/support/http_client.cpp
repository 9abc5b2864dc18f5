// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "kms-core/base/host_port.hpp"

namespace kms::test {
namespace {

// A process that was stopped and goes on finds its calls on sockets with a time limit interrupted.
template <typename Call>
ssize_t until_done(Call call) {
  ssize_t count = 0;
  do count = call();
  while (count < 0 && errno == EINTR);
  return count;
}

int connect_to(const std::string& address) {
  const auto where = parse_host_port(address);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(where->port);
  inet_pton(AF_INET, where->host.c_str(), &target.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{40, 0};  // as an RpcClient
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  // The C interface wants the general type.
  if (connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

}  // namespace

std::string http_exchange(const std::string& address, const std::string& request) {
  const int fd = connect_to(address);
  if (fd < 0) return "no connection";
  for (size_t sent = 0; sent < request.size();) {
    const auto count =
        until_done([&] { return send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL); });
    if (count <= 0) break;
    sent += static_cast<size_t>(count);
  }
  std::string reply;
  char buffer[4096];
  const auto read = [&] { return until_done([&] { return recv(fd, buffer, sizeof(buffer), 0); }); };
  for (ssize_t count = 0; (count = read()) > 0;) {
    reply.append(buffer, static_cast<size_t>(count));
  }
  close(fd);
  return reply;
}

}  // namespace kms::test
