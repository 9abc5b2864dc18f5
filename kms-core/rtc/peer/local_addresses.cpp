// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/local_addresses.hpp"

#include <ifaddrs.h>
#include <net/if.h>

#include <memory>

#include "kms-core/rtc/net/socket_address.hpp"

namespace kms::rtc {
namespace {

bool is_useful(const ifaddrs& entry, bool ipv6) {
  if (!entry.ifa_addr || (entry.ifa_flags & IFF_UP) == 0 || (entry.ifa_flags & IFF_LOOPBACK) != 0)
    return false;
  if (entry.ifa_addr->sa_family == AF_INET) return true;
  if (entry.ifa_addr->sa_family != AF_INET6 || !ipv6) return false;
  return !IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(entry.ifa_addr)->sin6_addr);
}

SocketAddress address_of(const sockaddr* raw) {
  if (raw->sa_family == AF_INET) return SocketAddress(*reinterpret_cast<const sockaddr_in*>(raw));
  return SocketAddress(*reinterpret_cast<const sockaddr_in6*>(raw));
}

}  // namespace

std::vector<std::string> local_addresses(bool ipv6) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {"127.0.0.1"};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  std::vector<std::string> all;
  for (const auto* entry = list; entry; entry = entry->ifa_next) {
    if (is_useful(*entry, ipv6)) all.push_back(address_of(entry->ifa_addr).ip());
  }
  if (all.empty()) all.emplace_back("127.0.0.1");
  return all;
}

}  // namespace kms::rtc
