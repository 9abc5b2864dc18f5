// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "tests/support/rpc_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {

// A real server and a client of it.
struct Running {
  explicit Running(const std::string& config = {}) : server(config), client(server.grpc()) {}
  ServerProcess server;
  RpcClient client;
};

}  // namespace kms::test
