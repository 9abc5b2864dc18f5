// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <sstream>
#include <utility>

#include "tests/support/track_probe.hpp"

namespace kms::test {
namespace {

struct Output {
  std::string text;
  int status = -1;
};

// Standard output and errors together: a tool that runs quietly said nothing. One that waits for more of a
// file is ended.
Output run(const std::string& command) {
  Output out;
  auto* pipe = popen(("timeout 60 " + command + " 2>&1 </dev/null").c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> block;
  while (const auto read = std::fread(block.data(), 1, block.size(), pipe))
    out.text.append(block.data(), read);
  out.status = pclose(pipe);
  return out;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

using Fields = std::map<std::string, std::string>;

Fields fields_of(const std::string& line) {
  Fields fields;
  std::stringstream in(line);
  for (std::string field; std::getline(in, field, '|');) {
    const auto at = field.find('=');
    if (at != std::string::npos) fields[field.substr(0, at)] = field.substr(at + 1);
  }
  return fields;
}

Packet parse_packet(Fields fields) {
  const auto number = [&](const char* name) { return std::atof(fields[name].c_str()); };
  return {number("pts_time"), number("dts_time"), number("duration_time"),
          fields["flags"].find('K') != std::string::npos, fields["data_hash"]};
}

}  // namespace

std::vector<Packet> packets_of(const std::string& path, char track, unsigned index) {
  const auto out =
      run(fmt::format("ffprobe -v error -of compact -select_streams {}:{} -show_packets "
                      "-show_data_hash md5 {}",
                      track, index, path));
  std::vector<Packet> packets;
  std::stringstream lines(out.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("packet|")) packets.push_back(parse_packet(fields_of(line)));
  }
  return packets;
}

Probe probe(const std::string& path) {
  Probe out;
  std::stringstream lines(
      run(fmt::format("ffprobe -v error -of compact -show_packets -show_format {}", path)).text);
  for (std::string line; std::getline(lines, line);) {
    auto fields = fields_of(line);
    if (line.starts_with("format|")) out.duration = std::atof(fields["duration"].c_str());
    if (!line.starts_with("packet|") || fields["codec_type"].empty()) continue;
    out.packets[fields["codec_type"][0]].push_back(parse_packet(std::move(fields)));
  }
  return out;
}

std::vector<std::string> hashes_of(const std::string& path, char track, unsigned index) {
  std::vector<std::string> out;
  for (const auto& packet : packets_of(path, track, index)) out.push_back(packet.hash);
  return out;
}

std::string codec_of(const std::string& path, char track) {
  return first_line(
      run(fmt::format("ffprobe -v error -of default=nk=1:nw=1 -select_streams {}:0 -show_entries "
                      "stream=codec_name {}",
                      track, path))
          .text);
}

double duration_of(const std::string& path) {
  return std::atof(
      run(fmt::format("ffprobe -v error -of default=nk=1:nw=1 -show_entries format=duration {}", path))
          .text.c_str());
}

int decoded_frames(const std::string& path, char track, unsigned index) {
  const auto out = run(fmt::format(
      "ffmpeg -v error -xerror -i {} -map 0:{}:{} -fps_mode passthrough -f framecrc -", path, track, index));
  int frames = 0;
  std::string complaints;
  std::stringstream lines(out.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    if (!line.starts_with('0')) complaints += line + '\n';
    ++frames;
  }
  if (out.status == 0 && complaints.empty()) return frames;
  std::cerr << path << ": ffmpeg ended with " << out.status << " after " << frames << " lines\n"
            << complaints;
  return -1;
}

std::vector<int16_t> sound_of(const std::string& path, unsigned index) {
  const auto out =
      run(fmt::format("ffmpeg -v quiet -i {} -map 0:a:{} -f s16le -ac 1 -ar 48000 -", path, index));
  std::vector<int16_t> samples(out.text.size() / sizeof(int16_t));
  std::memcpy(samples.data(), out.text.data(), samples.size() * sizeof(int16_t));
  return samples;
}

}  // namespace kms::test
