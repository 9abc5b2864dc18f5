// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace kms::test {

// A folder of this process's test, removed at its end.
const std::string& media_folder();

// Runs a GStreamer pipeline (gst-launch syntax) to its end; "{}" in it is the path of the file `name` in the
// media folder, which is answered. A file that is there already is not made again.
std::string make_media(const std::string& name, const std::string& pipeline);

// Real clips: 320x240 at 30 frames a second (a key frame a second) with sound, `seconds` long; the container
// and the codecs follow the ending: .webm and .mkv VP8 and Opus, .mp4 H.264 with B-frames and AAC, .ts H.264
// and AAC, .ogg Theora and Vorbis, .wav raw sound alone.
std::string make_clip(const std::string& name, unsigned seconds);

// The first `share` (0 to 1) of a file, as another file in the folder.
std::string cut_file(const std::string& path, const std::string& name, double share);
std::string read_file(const std::string& path);
std::string write_file(const std::string& name, const std::string& content);

inline std::string uri_of(const std::string& path) { return "file://" + path; }

}  // namespace kms::test
