// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stdexcept>

#include "kms-core/rtc/rtc.hpp"

namespace kms::test {

// An RTP plane of one thread that is reached on loopback.
inline std::unique_ptr<rtc::Server> start_rtc() {
  rtc::ServerOptions options;
  options.threads = 1;
  options.announced = {"127.0.0.1"};
  auto started = rtc::Server::start(options);
  if (!started.ok()) throw std::runtime_error(started.status().ToString());
  return *std::move(started);
}

// What was told or sent to the server before has been taken in, and what its threads told each other because
// of it. One round trip would not do: it may end in a turn that looked at its sockets before.
inline void settle(const rtc::Server& server) {
  for (size_t i = 0; i < 2 * server.threads(); ++i) server.statistics();
}

}  // namespace kms::test
