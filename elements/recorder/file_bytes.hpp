// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kms-core/base/status.hpp"

namespace kms::recorder {

// Reading and writing an open file at a place. Blocks.
std::string read_at(int file, uint64_t position,
                    uint64_t bytes);  // fewer at the file's end, and after an error
uint64_t length_of(int file);
// Zero, or the errno of what failed.
int write_at(int file, uint64_t position, std::string_view bytes);
int cut_to(int file, uint64_t length);

// NO_SPACE or WRITE_FAILED for what the system said of writing `what`.
Status write_failure(const std::string& what, int code);
Status file_removed(const std::string& path);  // FILE_REMOVED
Status not_a_recording(std::string_view why);  // MEDIA_ERROR
Status no_whole_frame();                       // NOTHING_RECORDED

// Adds `end` to the file, whose length is `length`: all of it or nothing.
Status append(int file, uint64_t length, std::string_view end);

}  // namespace kms::recorder
