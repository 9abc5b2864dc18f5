// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kms::test::hostile {

// A TCP server of a test, on a loopback address: what it says on each connection is up to the test, lies
// included. A thread per connection; all have ended when it is gone.
class RawServer {
 public:
  // One connection, on its thread. Everything gives up when the peer or the server goes.
  class Connection {
   public:
    Connection(int fd, size_t number) : fd_(fd), number_(number) {}
    size_t number() const { return number_; }  // from 0
    std::string read_request() const;          // up to the empty line; less when the peer went
    bool send(const std::string& bytes) const;
    void wait_until_closed() const;

   private:
    const int fd_;
    const size_t number_;
  };
  using Script = std::function<void(const Connection&)>;

  explicit RawServer(Script script, const std::string& address = "127.0.0.1");
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  unsigned port() const { return port_; }
  std::string address() const;  // "127.0.0.1:port"
  std::string uri(const std::string& host = "127.0.0.1") const;
  size_t connections() const { return count_; }

 private:
  void accept_all();
  void serve(int fd, size_t number);

  const Script script_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::atomic<size_t> count_ = 0;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  std::vector<int> open_;  // guarded by mutex_
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

// Serves `content` with ranges, and notes where each request began. A connection may be cut after some bytes.
class RangeServer {
 public:
  struct Request {
    size_t offset;
    size_t sent;  // so far
  };
  // `cut_after`: bytes of the body after which the connection with that number ends.
  RangeServer(std::string content, std::function<size_t(size_t number)> cut_after);

  std::string uri() const { return server_.uri(); }
  std::vector<Request> requests() const;

 private:
  void answer(const RawServer::Connection& connection);
  void note(size_t index, size_t sent);

  const std::string content_;
  const std::function<size_t(size_t)> cut_after_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;  // guarded by mutex_
  RawServer server_;
};

}  // namespace kms::test::hostile
