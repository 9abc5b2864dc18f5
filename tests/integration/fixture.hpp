// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "tests/support/rpc_client.hpp"
#include "tests/support/server_process.hpp"

namespace kms::test {

// A real server and a client of it.
struct Running {
  explicit Running(const std::string& config = {}) : server(config), client(server.grpc()) {}
  ServerProcess server;
  RpcClient client;
};

// Asks until `done` holds, for 20 s at most. For what the server does by itself and tells nobody.
template <typename Done>
bool eventually(Done done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < deadline) {
    if (done()) return true;
  }
  return false;
}

}  // namespace kms::test
