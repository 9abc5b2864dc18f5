// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <string_view>

namespace kms {

// The one place where Abseil's error types are named. Every fallible call of kms returns one of these.
using Status = absl::Status;
using StatusCode = absl::StatusCode;
template <typename T>
using Result = absl::StatusOr<T>;

// What a failed Status says besides its code and text; travels to clients as kms.v1.ErrorDetail.
struct ErrorInfo {
  std::string reason;    // stable upper-case word, e.g. "ELEMENT_NOT_FOUND"
  std::string resource;  // resource name the error is about; may be empty
  std::map<std::string, std::string> metadata;
};

// Makes a failed Status. `reason` is a stable upper-case word; `message` tells the user what was wrong,
// with which value, and what is allowed.
Status error(StatusCode code, std::string_view reason, std::string_view message);
Status error(StatusCode code, const ErrorInfo& info, std::string_view message);

// The ErrorInfo given to error(); for a Status from elsewhere the reason is its code's name.
ErrorInfo info_of(const Status& status);
std::string reason_of(const Status& status);
std::string message_of(const Status& status);

// The same Status with `resource` filled in where it was empty.
Status about(const Status& status, std::string_view resource);

inline Status ok() { return absl::OkStatus(); }

}  // namespace kms
