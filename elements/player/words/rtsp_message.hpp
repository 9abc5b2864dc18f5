// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms::player {

// What an RTSP server says (RFC 2326): an answer, or a request of its own.
struct RtspMessage {
  int status = 0;      // of an answer; 0: a request
  std::string reason;  // an answer's phrase, or a request's method
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The first header of that name, whatever its case.
  std::optional<std::string> header(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
};

// A packet between messages (RFC 2326, 10.12).
struct RtspPacket {
  uint8_t channel = 0;
  std::string bytes;
};

// Reads the server's side of a connection, in pieces of any size. Bounded: a head of 32 KiB, a body of 256
// KiB.
class RtspReader {
 public:
  void put(const void* bytes, size_t size) { waiting_.append(static_cast<const char*>(bytes), size); }

  // The next whole thing; nothing: more bytes are needed. Errors: NOT_MEDIA; nothing can be read after one.
  using Item = std::variant<std::monostate, RtspMessage, RtspPacket>;
  Result<Item> next();

 private:
  Result<Item> packet();
  Result<Item> message();
  std::string_view rest() const { return std::string_view(waiting_).substr(read_); }
  void take(size_t size);

  std::string waiting_;
  size_t read_ = 0;  // bytes at the beginning of `waiting_` that were taken
};

}  // namespace kms::player
