// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libsoup/soup.h>

#include <atomic>
#include <string>

#include "kms-core/base/loop.hpp"

namespace kms::test {

// A small web server on 127.0.0.1. /files/NAME serves the media folder's files with ranges; /whole/NAME
// without them; /to?URL redirects there; /circle redirects to itself; /stall/NAME stops after half of a file
// and says nothing more. With a file of a certificate and its key: over TLS.
class WebServer {
 public:
  explicit WebServer(const std::string& certificate = "");
  ~WebServer();

  std::string uri(const std::string& path, const std::string& host = "127.0.0.1") const;
  unsigned requests() const { return requests_; }

 private:
  void answer(SoupServerMessage* message, const std::string& path, const char* query);
  void serve(SoupServerMessage* message, const std::string& content, bool ranges);

  Loop loop_;
  const std::string scheme_;
  SoupServer* server_ = nullptr;
  unsigned port_ = 0;
  std::atomic<unsigned> requests_ = 0;
};

}  // namespace kms::test
