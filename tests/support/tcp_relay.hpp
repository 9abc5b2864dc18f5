// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

namespace kms::test {

// A way on 127.0.0.1 to a TCP server, which can be bad. Its thread carries the bytes.
class TcpRelay {
 public:
  explicit TcpRelay(uint16_t target);
  ~TcpRelay();
  TcpRelay(const TcpRelay&) = delete;
  TcpRelay& operator=(const TcpRelay&) = delete;

  uint16_t port() const { return port_; }
  uint64_t carried() const { return carried_; }  // bytes to the server so far

  // Where new connections lead.
  void set_target(uint16_t target) { target_ = target; }
  // So many more bytes to the server, then every connection is reset, and so is each that comes after.
  void cut_after(uint64_t bytes) { cut_at_ = carried_ + bytes; }
  void mend() { cut_at_ = UINT64_MAX; }
  // Bytes to the server in each hundredth of a second, of each connection.
  void slow(uint64_t bytes) { pace_ = bytes; }

 private:
  struct Pair {
    int client;
    int server;
    bool over = false;
  };
  void run();
  void accept_one();
  void carry(Pair& pair);
  bool carry_up(const Pair& pair);
  static void reset(const Pair& pair);

  int listener_;
  int wake_[2];
  uint16_t port_ = 0;
  std::atomic<uint16_t> target_;
  std::atomic<uint64_t> carried_ = 0;
  std::atomic<uint64_t> cut_at_ = UINT64_MAX;
  std::atomic<uint64_t> pace_ = 0;  // zero: as quick as it goes
  std::list<Pair> pairs_;
  std::thread thread_;
};

}  // namespace kms::test
