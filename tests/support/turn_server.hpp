// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/server_process.hpp"

namespace kms::test {

// coturn on 127.0.0.1, for the user "anna" with the credential "sesame/+".
class TurnServer {
 public:
  static constexpr char kUser[] = "anna";
  static constexpr char kCredential[] = "sesame/+";

  TurnServer();
  uint16_t port() const { return port_; }
  std::string uri(const std::string& transport = "udp") const {
    return "turn:127.0.0.1:" + std::to_string(port_) + "?transport=" + transport;
  }
  // Whether a port is one that it relays through.
  static bool relays_by(uint16_t port) { return port >= kFirstRelay && port <= kLastRelay; }

 private:
  static constexpr uint16_t kFirstRelay = 47'600;
  static constexpr uint16_t kLastRelay = 47'699;
  uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace kms::test
