// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace kms {

// How far UTC (since 1970) is ahead of the steady clock at present. The thread may have to stand aside
// between its looks at the one and the other: of some looks the quickest counts.
std::chrono::nanoseconds utc_ahead();

}  // namespace kms
