// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/http_client.hpp"

namespace kms::test {

struct HttpReply {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const;  // the first; empty: none
  // "409 NO_PUBLISHER": with the reason that the body begins with, if there is one.
  std::string outcome() const;
};

// Speaks WHIP and WHEP to the HTTP door of a server.
class WhipClient {
 public:
  using Headers = std::map<std::string, std::string>;
  explicit WhipClient(std::string address) : address_(std::move(address)) {}

  HttpReply send(const std::string& method, const std::string& path, const std::string& body = {},
                 const Headers& headers = {}) const;
  HttpReply post(const std::string& path, const std::string& offer, Headers headers = {}) const {
    headers.emplace("Content-Type", "application/sdp");
    return send("POST", path, offer, headers);
  }
  // Publishes or watches: "/whip/hall" or "/whep/hall". True once media may flow; the resource is in
  // `location`.
  template <typename Peer>
  bool join(Peer& peer, const std::string& path, std::string* location = nullptr) const {
    const auto reply = post(path, peer.offer());
    if (location != nullptr) *location = reply.header("location");
    return reply.status == 201 && peer.use({.sdp = reply.body, .lines = {}, .sources = {}}).ok() &&
           peer.connect();
  }

 private:
  const std::string address_;
};

}  // namespace kms::test
