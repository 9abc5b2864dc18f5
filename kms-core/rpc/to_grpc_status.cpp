// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/to_grpc_status.hpp"

#include <glib.h>

#include <memory>

#include "kms/v1/error.pb.h"

namespace kms::rpc {
namespace {

// The trailer carries the text twice, once in base 64; 8 KiB of headers is what clients take by default.
constexpr size_t kLongestText = 1000;
constexpr size_t kLongestValue = 200;
constexpr size_t kMostValues = 8;

// Valid UTF-8 of at most so many bytes: a message with anything else cannot be sent.
std::string fit(const std::string& text, size_t most) {
  const auto length = static_cast<gssize>(std::min(text.size(), most));
  const std::unique_ptr<char, decltype(&g_free)> valid(g_utf8_make_valid(text.data(), length), g_free);
  return valid.get();
}

v1::ErrorDetail detail_of(const Status& status) {
  const auto info = info_of(status);
  v1::ErrorDetail detail;
  detail.set_reason(info.reason);
  detail.set_resource(fit(info.resource, kLongestValue));
  for (const auto& [key, value] : info.metadata) {
    if (static_cast<size_t>(detail.metadata_size()) == kMostValues) break;
    (*detail.mutable_metadata())[key] = fit(value, kLongestValue);
  }
  return detail;
}

}  // namespace

grpc::Status to_grpc_status(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  v1::RpcStatus details;
  details.set_code(static_cast<int>(status.code()));  // Abseil's codes are gRPC's
  details.set_message(fit(message_of(status), kLongestText));
  details.add_details()->PackFrom(detail_of(status));
  return {static_cast<grpc::StatusCode>(status.code()), details.message(), details.SerializeAsString()};
}

}  // namespace kms::rpc
