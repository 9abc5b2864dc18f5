// SPDX-License-Identifier: Apache-2.0
#include "tests/support/server_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot to say so itself
}

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kms::test {
namespace {

bool readable(int fd, std::chrono::milliseconds limit) {
  pollfd wanted{fd, POLLIN, 0};
  return poll(&wanted, 1, static_cast<int>(limit.count())) > 0;
}

[[noreturn]] void become(const std::vector<std::string>& command, int output, const std::string& log_file) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(output, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : command)
    arguments.push_back(const_cast<char*>(word.c_str()));  // execv's old signature
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The word after `key` in "... grpc=127.0.0.1:1234 ...".
std::string value_of(const std::string& line, const std::string& key) {
  const auto begin = line.find(key);
  if (begin == std::string::npos) return {};
  const auto value = begin + key.size();
  return line.substr(value, line.find(' ', value) - value);
}

std::string make_folder() {
  std::string pattern = testing::TempDir() + "kms-server-XXXXXX";
  return mkdtemp(pattern.data());
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, const std::string& log_file) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  pid_ = fork();
  if (pid_ == 0) become(command, ends[1], log_file);
  close(ends[1]);
  output_ = ends[0];
}

ChildProcess::~ChildProcess() {
  if (!ended_) {
    signal(SIGKILL);
    (void)wait(std::chrono::seconds(10));
  }
  close(output_);
}

std::string ChildProcess::read_line() {
  std::string line;
  char letter = 0;
  while (readable(output_, std::chrono::seconds(20)) && read(output_, &letter, 1) == 1) {
    if (letter == '\n') return line;
    line += letter;
  }
  return line;
}

void ChildProcess::signal(int number) const { kill(pid_, number); }

std::optional<int> ChildProcess::wait(std::chrono::milliseconds limit) {
  if (ended_) return ended_;
  const int handle = pidfd_open(pid_, 0);
  const bool over = readable(handle, limit);
  close(handle);
  if (!over) return std::nullopt;
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ended_;
}

ServerProcess::ServerProcess(const std::string& config, std::vector<std::string> flags)
    : folder_(make_folder()) {
  const auto file = folder_ + "/kms.yaml";
  std::ofstream(file) << config;
  std::vector<std::string> command = {KMS_SERVER, "--config", file};
  if (flags.empty()) flags = {"--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"};
  command.insert(command.end(), flags.begin(), flags.end());
  process_.emplace(command, folder_ + "/log");
  const auto line = process_->read_line();
  grpc_ = value_of(line, "grpc=");
  http_ = value_of(line, "http=");
}

ServerProcess::~ServerProcess() {
  if (testing::Test::HasFailure()) GTEST_LOG_(INFO) << log();
  process_.reset();
  std::filesystem::remove_all(folder_);
}

std::string ServerProcess::log() const { return text_of(folder_ + "/log"); }

std::optional<int> ServerProcess::stop(std::chrono::milliseconds limit) {
  process_->signal(SIGTERM);
  return process_->wait(limit);
}

}  // namespace kms::test
