// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/waiting.hpp"

extern char** environ;

namespace kms::rtp {

// For tests: ffmpeg as a child, its words as on a command line (without quotes). Killed with the object.
class Ffmpeg {
 public:
  explicit Ffmpeg(const std::string& words) {
    std::vector<std::string> arguments{"ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-y"};
    std::istringstream stream(words);
    for (std::string word; stream >> word;) arguments.push_back(word);
    std::vector<char*> raw;
    for (auto& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    posix_spawnp(&pid_, "ffmpeg", nullptr, nullptr, raw.data(), environ);
  }
  ~Ffmpeg() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Ffmpeg(const Ffmpeg&) = delete;
  Ffmpeg& operator=(const Ffmpeg&) = delete;

  // Whether it came to an end by itself, a good one or not.
  bool ends(std::chrono::milliseconds limit = std::chrono::seconds(30)) {
    const bool ended = test::eventually([&] { return ::waitpid(pid_, &status_, WNOHANG) == pid_; }, limit);
    if (ended) pid_ = -1;
    return ended;
  }
  // Whether it came to a good end by itself.
  bool finishes(std::chrono::milliseconds limit = std::chrono::seconds(30)) {
    return ends(limit) && WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
  }

 private:
  pid_t pid_ = -1;
  int status_ = -1;
};

// A folder that goes with the object.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kms-rtp-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
    return file(name);
  }

 private:
  std::string path_;
};

// Sound as ffmpeg wrote it, s16le in one channel.
class Sound {
 public:
  Sound(const std::string& path, double rate) : rate_(rate) {
    std::ifstream file(path, std::ios::binary);
    for (int16_t value = 0; file.read(reinterpret_cast<char*>(&value), sizeof value);) {
      samples_.push_back(value / 32768.0);
    }
  }
  double seconds() const { return static_cast<double>(samples_.size()) / rate_; }
  // Root mean square, full scale 1.
  double loudness() const {
    double sum = 0;
    for (const double sample : samples_) sum += sample * sample;
    return samples_.empty() ? 0 : std::sqrt(sum / static_cast<double>(samples_.size()));
  }
  // What part of the power a tone has, 0 to 1 (Goertzel), in the second half of it.
  double share_of(double hertz) const {
    const auto begin = samples_.size() / 2;
    const double step = 2 * std::numbers::pi * hertz / rate_;
    double real = 0, imaginary = 0, power = 0;
    for (size_t i = begin; i < samples_.size(); ++i) {
      real += samples_[i] * std::cos(step * static_cast<double>(i));
      imaginary += samples_[i] * std::sin(step * static_cast<double>(i));
      power += samples_[i] * samples_[i];
    }
    const auto count = static_cast<double>(samples_.size() - begin);
    return power > 0 ? 2 * (real * real + imaginary * imaginary) / (count * power) : 0;
  }

 private:
  double rate_;
  std::vector<double> samples_;
};

}  // namespace kms::rtp
