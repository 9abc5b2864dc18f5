// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kms {

// "500ms", "30s", "10m", "2h": a whole number and a unit. Nothing for anything else, and for what overflows.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// "4096", "64KiB", "4MiB", "1GiB" (powers of 1024) or "4kB", "4MB", "1GB" (powers of 1000), in bytes.
std::optional<uint64_t> parse_size(std::string_view text);

}  // namespace kms
