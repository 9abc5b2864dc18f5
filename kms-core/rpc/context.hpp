// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace grpc {
class Service;
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
};

using ServicePtr = std::unique_ptr<grpc::Service>;

}  // namespace kms::rpc
