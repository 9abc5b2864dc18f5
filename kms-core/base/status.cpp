// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/status.hpp"

#include <absl/strings/cord.h>

namespace kms {
namespace {

constexpr char kPayload[] = "kms.error";
constexpr char kField = '\x1e';

absl::string_view to_absl(std::string_view text) { return {text.data(), text.size()}; }

std::string pack(const ErrorInfo& info) {
  std::string out = info.reason + kField + info.resource;
  for (const auto& [key, value] : info.metadata) out += kField + key + kField + value;
  return out;
}

std::string take_field(std::string_view& rest) {
  const auto end = rest.find(kField);
  std::string field(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return field;
}

ErrorInfo unpack(std::string_view text) {
  ErrorInfo info;
  info.reason = take_field(text);
  info.resource = take_field(text);
  while (!text.empty()) {
    const auto key = take_field(text);
    info.metadata[key] = take_field(text);
  }
  return info;
}

}  // namespace

Status error(StatusCode code, std::string_view reason, std::string_view message) {
  return error(code, ErrorInfo{std::string(reason), {}, {}}, message);
}

Status error(StatusCode code, const ErrorInfo& info, std::string_view message) {
  Status status(code, to_absl(message));
  status.SetPayload(kPayload, absl::Cord(pack(info)));
  return status;
}

ErrorInfo info_of(const Status& status) {
  if (const auto payload = status.GetPayload(kPayload)) return unpack(std::string(*payload));
  return {absl::StatusCodeToString(status.code()), {}, {}};
}

std::string reason_of(const Status& status) { return info_of(status).reason; }

std::string message_of(const Status& status) { return std::string(status.message()); }

Status about(const Status& status, std::string_view resource) {
  if (status.ok()) return status;
  auto info = info_of(status);
  if (info.resource.empty()) info.resource = resource;
  return error(status.code(), info, message_of(status));
}

}  // namespace kms
