// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kms::test {

// One frame as it lies in a file; times in seconds.
struct Packet {
  double pts = 0;
  double dts = 0;
  double duration = 0;
  bool key = false;
  std::string hash;  // of its bytes
};

// What ffprobe says of one track of a file: 'v' video, 'a' audio; `index`: of the tracks of that kind.
std::vector<Packet> packets_of(const std::string& path, char track, unsigned index = 0);
std::vector<std::string> hashes_of(const std::string& path, char track, unsigned index = 0);
std::string codec_of(const std::string& path, char track);  // "vp8"; "" without such a track
double duration_of(const std::string& path);                // seconds; as the file's head says, or else 0

// Decodes the whole file with ffmpeg: the pictures or sound blocks it got, or -1 when anything was wrong.
int decoded_frames(const std::string& path, char track, unsigned index = 0);

// The whole of a sound track, decoded: one channel, 48,000 samples a second.
std::vector<int16_t> sound_of(const std::string& path, unsigned index);

}  // namespace kms::test
