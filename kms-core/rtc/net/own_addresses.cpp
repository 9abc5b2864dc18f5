// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/own_addresses.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace kms::rtc {
namespace {

// A link-local address means nothing without its interface; such peers are answered as the kernel likes.
std::optional<SocketAddress> address_in(const cmsghdr& control) {
  if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO) {
    in_pktinfo info;
    std::memcpy(&info, CMSG_DATA(&control), sizeof info);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr = info.ipi_spec_dst;
    return SocketAddress(address);
  }
  if (control.cmsg_level != IPPROTO_IPV6 || control.cmsg_type != IPV6_PKTINFO) return std::nullopt;
  in6_pktinfo info;
  std::memcpy(&info, CMSG_DATA(&control), sizeof info);
  if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) return std::nullopt;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = info.ipi6_addr;
  return SocketAddress(address);
}

template <typename Info>
size_t fill(cmsghdr& control, int level, int type, const Info& info) {
  control.cmsg_level = level;
  control.cmsg_type = type;
  control.cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(&control), &info, sizeof info);
  return CMSG_SPACE(sizeof info);
}

}  // namespace

void OwnAddresses::ask(int fd, bool v6) {
  const int yes = 1;
  setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &yes, sizeof yes);
}

OwnAddresses::Number OwnAddresses::number_of(const cmsghdr& control) {
  const auto address = address_in(control);
  if (!address) return kAny;
  const auto found = std::ranges::find(known_, *address);
  const auto number = static_cast<Number>(found - known_.begin() + 1);
  if (found != known_.end()) return number;
  if (known_.size() == kMost) return kAny;
  known_.push_back(*address);
  return number;
}

size_t OwnAddresses::write(Number number, cmsghdr& control) const {
  const auto& address = known_.at(number - 1u);
  const auto bytes = address.ip_bytes();
  if (address.is_v6()) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, bytes.data(), bytes.size());
    return fill(control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  in_pktinfo info{};
  std::memcpy(&info.ipi_spec_dst, bytes.data(), bytes.size());
  return fill(control, IPPROTO_IP, IP_PKTINFO, info);
}

}  // namespace kms::rtc
