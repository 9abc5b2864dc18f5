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

}  // namespace kms::test
