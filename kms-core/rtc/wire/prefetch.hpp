// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace kms::rtc {

// Tells the processor that `size` bytes from `at` on will be wanted soon. They need not be there.
inline void prefetch(const void* at, size_t size) {
  constexpr size_t kLine = 64;
  for (size_t i = 0; i < size; i += kLine) __builtin_prefetch(static_cast<const char*>(at) + i);
}

}  // namespace kms::rtc
