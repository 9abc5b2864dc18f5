// SPDX-License-Identifier: Apache-2.0
#include "tests/support/turn_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

sockaddr_in at_loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool listens(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const auto address = at_loopback(port);
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

}  // namespace

// Relaying to loopback is off where nobody asks for it.
TurnServer::TurnServer() {
  const std::vector<std::string> command{"/usr/bin/turnserver",
                                         "-n",
                                         "--listening-ip=127.0.0.1",
                                         "--relay-ip=127.0.0.1",
                                         "--allow-loopback-peers",
                                         "--listening-port=" + std::to_string(port()),
                                         "--min-port=" + std::to_string(first_relay()),
                                         "--max-port=" + std::to_string(own_.last()),
                                         "--lt-cred-mech",
                                         std::string("--user=") + kUser + ":" + kCredential,
                                         "--realm=test",
                                         "--no-cli",
                                         "--no-tls",
                                         "--no-dtls",
                                         "--pidfile=/dev/null",
                                         "--log-file=/dev/null"};
  process_ = std::make_unique<ChildProcess>(command, "/dev/null");
  EXPECT_TRUE(eventually([this] { return listens(port()); })) << "coturn does not come up";
}

}  // namespace kms::test
