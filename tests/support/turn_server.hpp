// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/own_ports.hpp"
#include "tests/support/server_process.hpp"

namespace kms::test {

// coturn on 127.0.0.1, for the user "anna" with the credential "sesame/+".
class TurnServer {
 public:
  static constexpr char kUser[] = "anna";
  static constexpr char kCredential[] = "sesame/+";

  TurnServer();
  uint16_t port() const { return own_.first(); }
  std::string uri(const std::string& transport = "udp") const {
    return "turn:127.0.0.1:" + std::to_string(port()) + "?transport=" + transport;
  }
  // Whether a port is one that it relays through.
  bool relays_by(uint16_t port) const { return port >= first_relay() && port <= own_.last(); }

 private:
  uint16_t first_relay() const { return static_cast<uint16_t>(own_.first() + 10); }

  const OwnPorts own_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace kms::test
