// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "kms-core/base/worker_pool.hpp"
#include "kms-core/graph/session_store.hpp"
#include "kms-core/http/http_server.hpp"

namespace kms::http {

// Who is asked. All outlive the HttpServer.
struct MetricsSources {
  graph::SessionStore& sessions;
  rtc::Server& rtc;
  WorkerPool& workers;
  // Files that wait to be uploaded, and bytes in the spool. Called on a worker.
  std::function<std::pair<uint64_t, uint64_t>()> uploads = {};
  // What has not answered by then is not in the answer.
  std::chrono::milliseconds deadline{5000};
};

// GET /metrics answers what kms-server says of itself, as Prometheus reads it (docs/metrics.md). Sessions are
// asked on their control loops, a few at a time, so that other work comes between; requests that come
// meanwhile get the same answer.
void add_metrics(HttpServer& server, const MetricsSources& sources);

}  // namespace kms::http
