// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kms::test::hostile {

// A media file that is broken or means harm.
struct File {
  std::string name;  // with the ending of its container
  std::string content;
  // What a player may say of it, words with blanks between: "END" (it plays to its end) and reasons.
  std::string outcomes;
  bool paced = false;  // to be played by the clock
};

// The same ones in every run: some made by hand, some real clips that were cut, changed in bits or in fields.
std::vector<File> files();

// Parts of that list.
std::vector<File> matroska_files();
std::vector<File> mp4_files();
std::vector<File> other_files();

// A real clip of a container with some of its bytes changed, cut, repeated or swapped; `seed` says how.
std::string mutation(const std::string& container, uint32_t seed);

// Tools for the lists.
std::string clip(const std::string& container);  // of 2 s; "webm", "mp4", "ts", "ogg", "avi", "flv", "wav"
std::string noise(size_t size, uint32_t seed);
std::string deflated(const std::string& content);  // zlib
// Zeros that a demuxer unpacks a few kilobytes at a time, with a realloc() each, which AddressSanitizer makes
// a copy: fewer of them there, or seconds go by.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kBomb = 1U << 20;
#else
constexpr size_t kBomb = 64U << 20;
#endif
std::string big_endian(uint64_t value, unsigned bytes);
std::string little_endian(uint64_t value, unsigned bytes);

}  // namespace kms::test::hostile
