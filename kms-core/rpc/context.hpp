// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

namespace grpc {
class Service;
}
namespace kms {
struct Config;
class WorkerPool;
}  // namespace kms
namespace kms::storage {
class Uploads;
}
namespace kms::graph {
class Catalog;
class SessionStore;
}  // namespace kms::graph

namespace kms::rpc {

// What every service translates to. Outlives the server.
struct Context {
  graph::SessionStore& sessions;
  const graph::Catalog& catalog;
  // How long a reader of events has, once no more come, to read what waits for it.
  std::chrono::milliseconds subscriber_grace{60'000};
  // For what services do by themselves. Null where there is no server around them.
  const Config* config = nullptr;
  WorkerPool* workers = nullptr;
  storage::Uploads* uploads = nullptr;
};

using ServicePtr = std::unique_ptr<grpc::Service>;

}  // namespace kms::rpc
