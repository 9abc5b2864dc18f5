// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

namespace kms::test {

// A call of a service whose proto is not at hand (health, reflection): one message of bytes out, messages of
// bytes in, each within 20 s.
class RawStream {
 public:
  RawStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
            const std::string& message);
  ~RawStream();

  std::optional<std::string> read();  // nothing at the end

 private:
  bool step();  // waits for what was begun; false when it failed

  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

}  // namespace kms::test
