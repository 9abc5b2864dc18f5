// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "tests/support/level/process_level.hpp"
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

// For the section rtc: a test's peer gives a sign of life when it connects, and then none as long as it waits
// for something else, which may be long on a slow machine.
constexpr char kPatientRtc[] = "announced: [127.0.0.1], threads: 1, disconnected_after: 1h, failed_after: 1h";

// Whether how much memory a server has resident says what it holds.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kMemoryTells = false;  // what is freed stays resident for a while
#else
constexpr bool kMemoryTells = true;
#endif

// Without gRPC's threads: how many there are depends on how many calls and timers wait for each other, on a
// machine that is busy, and those of its timers stay.
inline ProcessLevel level_of(ServerProcess& server) {
  return ProcessLevel::of(server.process().pid())
      .without({"default-execut", "event_engine", "grpc", "resolver-execut", "timer_manager"});
}

}  // namespace kms::test
