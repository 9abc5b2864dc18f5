// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include "kms-core/base/status.hpp"

namespace kms::rpc {

// The one place where an error of kms becomes one of gRPC: code, text, and a kms.v1.RpcStatus with its
// ErrorDetail in the trailer grpc-status-details-bin. Texts are cut to what fits into a client's default
// limit for headers.
grpc::Status to_grpc_status(const Status& status);

}  // namespace kms::rpc
