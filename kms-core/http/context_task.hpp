// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

typedef struct _GMainContext GMainContext;

namespace kms::http {

// Runs `task` on the thread of `context`, after what was posted before. Any thread; returns at once. Dropped
// if the context ends first.
void post(GMainContext* context, std::function<void()> task);

}  // namespace kms::http
