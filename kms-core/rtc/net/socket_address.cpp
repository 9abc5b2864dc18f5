// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/socket_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <cstring>

namespace kms::rtc {
namespace {

uint64_t load_half(const in6_addr& address, size_t half) {
  uint64_t value = 0;
  std::memcpy(&value, &address.s6_addr[8 * half], sizeof value);
  return value;
}

uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 31)) * 0x9e3779b97f4a7c15u;
  return value ^ (value >> 29);
}

}  // namespace

Result<SocketAddress> SocketAddress::parse(std::string_view ip, uint16_t port) {
  const std::string text(ip);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) return SocketAddress(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) return SocketAddress(v6);
  return error(StatusCode::kInvalidArgument, "BAD_ADDRESS",
               fmt::format("\"{}\" is no IPv4 or IPv6 address; names are not resolved", text));
}

SocketAddress SocketAddress::with_port(uint16_t port) const {
  SocketAddress other = *this;
  (other.is_v6() ? other.storage_.v6.sin6_port : other.storage_.v4.sin_port) = htons(port);
  return other;
}

std::string SocketAddress::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v6() ? AF_INET6 : AF_INET, ip_bytes().data(), text.data(), text.size());
  return text.data();
}

Bytes SocketAddress::ip_bytes() const {
  const void* raw = is_v6() ? static_cast<const void*>(&storage_.v6.sin6_addr) : &storage_.v4.sin_addr;
  return {static_cast<const uint8_t*>(raw), is_v6() ? sizeof(in6_addr) : sizeof(in_addr)};
}

std::string SocketAddress::to_string() const {
  return is_v6() ? fmt::format("[{}]:{}", ip(), port()) : fmt::format("{}:{}", ip(), port());
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  if (a.is_v6() != b.is_v6() || a.port() != b.port()) return false;
  if (!a.is_v6()) return a.storage_.v4.sin_addr.s_addr == b.storage_.v4.sin_addr.s_addr;
  return IN6_ARE_ADDR_EQUAL(&a.storage_.v6.sin6_addr, &b.storage_.v6.sin6_addr) &&
         a.storage_.v6.sin6_scope_id == b.storage_.v6.sin6_scope_id;
}

size_t SocketAddress::hash() const {
  if (!is_v6()) return mix(uint64_t{storage_.v4.sin_addr.s_addr} << 16 | storage_.v4.sin_port);
  const auto& address = storage_.v6.sin6_addr;
  return mix(load_half(address, 0) ^ mix(load_half(address, 1) + storage_.v6.sin6_port));
}

}  // namespace kms::rtc
