// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libsoup/soup.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/base/loop.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {

// A real HTTP server on 127.0.0.1 that keeps what is PUT, by path. /to?URL redirects there (307). What it
// says can be scripted instead.
class PutServer {
 public:
  explicit PutServer(unsigned port = 0);
  ~PutServer();  // as a server that is stopped: connections are closed, the port is free

  unsigned port() const { return port_; }
  std::string uri(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

  // What it answers to a PUT from now on; 201 keeps it.
  void answer_with(unsigned code) { code_ = code; }

  struct Call {
    std::string method;
    std::string path;
    std::string query;
    std::string body;
    std::string authorization = {};
  };
  struct Reply {
    unsigned code = 200;
    std::string body = {};
    std::map<std::string, std::string> headers = {};
    std::string type = "application/xml";
  };
  // Answers everything from now on, on the server's thread; nothing is kept.
  void answer_by(std::function<Reply(const Call&)> script);

  struct Seen {
    std::map<std::string, std::string> files;  // by path
    std::map<std::string, std::string> types;  // their content types
    std::vector<std::string> order;            // of paths, as they came and were kept
    std::string authorization;                 // that came last
    unsigned requests = 0;
  };
  Seen seen() const { return seen_.copy(); }
  template <typename Predicate>
  bool wait(Predicate predicate) const {
    return seen_.wait(predicate);
  }

 private:
  void answer(SoupServerMessage* message, const std::string& path, const char* query);
  void play(SoupServerMessage* message, const std::string& path, const char* query);

  Loop loop_;
  SoupServer* server_ = nullptr;
  unsigned port_ = 0;
  std::atomic<unsigned> code_ = 201;
  std::function<Reply(const Call&)> script_;
  Watched<Seen> seen_;
};

}  // namespace kms::test
