// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// An IPv4 or IPv6 address and port, as the kernel takes it.
class SocketAddress {
 public:
  SocketAddress() = default;
  explicit SocketAddress(const sockaddr_in& v4) { storage_.v4 = v4; }
  explicit SocketAddress(const sockaddr_in6& v6) { storage_.v6 = v6; }

  // "127.0.0.1" or "::1"; not a name.
  static Result<SocketAddress> parse(std::string_view ip, uint16_t port);

  bool is_v6() const { return storage_.any.sa_family == AF_INET6; }
  SocketAddress with_port(uint16_t port) const;
  uint16_t port() const { return ntohs(is_v6() ? storage_.v6.sin6_port : storage_.v4.sin_port); }
  std::string ip() const;
  // 4 or 16 bytes in network order.
  Bytes ip_bytes() const;
  std::string to_string() const;

  const sockaddr* data() const { return &storage_.any; }
  sockaddr* data() { return &storage_.any; }
  socklen_t size() const { return is_v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }
  static constexpr socklen_t kCapacity = sizeof(sockaddr_in6);

  friend bool operator==(const SocketAddress& a, const SocketAddress& b);
  size_t hash() const;

 private:
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Storage storage_{.v6 = {}};
};

}  // namespace kms::rtc
