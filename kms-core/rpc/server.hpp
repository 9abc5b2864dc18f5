// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kms-core/base/config.hpp"
#include "kms-core/rpc/context.hpp"

namespace kms::rpc {

// The gRPC door: the core services, those of the elements, health (grpc.health.v1) and reflection, on one
// port.
class Server {
 public:
  struct Impl;
  // Errors: LISTEN_FAILED.
  static Result<std::unique_ptr<Server>> start(const Config& config, Context& context,
                                               std::vector<ServicePtr> element_services);
  explicit Server(std::unique_ptr<Impl> impl);  // by start()
  ~Server();                                    // every call must be answered, or be going to be

  const std::string& address() const;  // with the port that was taken

  // Health says NOT_SERVING from now on; calls are still answered.
  void drain();

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::rpc
