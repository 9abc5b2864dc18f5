// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace kms::test {

// A program run as a child, its first line of output read. It dies with the test.
class ChildProcess {
 public:
  ChildProcess(const std::vector<std::string>& command, const std::string& log_file);
  ~ChildProcess();  // kills it when it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Waits up to 20 s; empty when it ended without one.
  std::string read_line();
  void signal(int number) const;
  // Exit code, or -signal that ended it; nothing when it still runs after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit);
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::optional<int> ended_;
};

// A real kms-server with a configuration of its own on free ports.
class ServerProcess {
 public:
  // `config` is YAML. Fails the test when the server does not come up, unless it is to be refused.
  explicit ServerProcess(const std::string& config = {}, std::vector<std::string> flags = {});
  ~ServerProcess();

  const std::string& grpc() const { return grpc_; }  // empty when it did not come up
  const std::string& http() const { return http_; }
  std::string log() const;  // what it wrote to stderr so far
  ChildProcess& process() { return *process_; }

  // SIGTERM, then waits; the exit code.
  std::optional<int> stop(std::chrono::milliseconds limit = std::chrono::seconds(20));

 private:
  std::string folder_;
  std::string grpc_;
  std::string http_;
  std::optional<ChildProcess> process_;
};

}  // namespace kms::test
