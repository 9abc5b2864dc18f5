// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <absl/functional/any_invocable.h>

#include "kms-core/base/status.hpp"

namespace kms {

// Work to be run once, somewhere else. Moved, never copied.
using Task = absl::AnyInvocable<void()>;

// How an asynchronous call answers; called exactly once, on the caller's control loop.
using Done = absl::AnyInvocable<void(Status)>;
template <typename T>
using Reply = absl::AnyInvocable<void(Result<T>)>;

}  // namespace kms
