// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/support/exposition.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"

namespace kms::test {

// What a server says at GET /metrics.
inline Exposition metrics_of(const ServerProcess& server) {
  const auto reply =
      http_exchange(server.http(), "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 200")) << reply;
  Exposition metrics(reply.substr(reply.find("\r\n\r\n") + 4));
  EXPECT_EQ(metrics.error(), "");
  return metrics;
}

}  // namespace kms::test
