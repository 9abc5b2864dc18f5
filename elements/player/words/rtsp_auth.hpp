// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kms::player {

// Answers a server's challenge with user and password: Digest (MD5, SHA-256; RFC 7616) before Basic (RFC
// 7617).
class RtspAuth {
 public:
  RtspAuth(std::string user, std::string password) : user_(std::move(user)), password_(std::move(password)) {}

  bool has_credentials() const { return !user_.empty(); }

  // Takes what the server asked for (WWW-Authenticate). False: nothing that can be answered.
  bool challenge(const std::vector<std::string>& challenges);

  // The value of the Authorization header of a request; nothing as long as nobody asked.
  std::optional<std::string> authorization(const std::string& method, const std::string& uri);

 private:
  enum class Scheme { kNone, kBasic, kDigest };
  std::string digest(const std::string& method, const std::string& uri);

  const std::string user_;
  const std::string password_;
  Scheme scheme_ = Scheme::kNone;
  std::string realm_;
  std::string nonce_;
  std::string opaque_;
  bool quality_ = false;  // the server knows qop=auth
  bool sha256_ = false;
  uint32_t count_ = 0;
};

}  // namespace kms::player
