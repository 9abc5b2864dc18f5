// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/wire/transport_address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr std::array<uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<TransportAddress> TransportAddress::parse(std::string_view text, uint16_t port,
                                                        IpProtocol protocol) {
  const std::string terminated(text.substr(0, INET6_ADDRSTRLEN));
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
    return of(Bytes(bytes).first(4), port, protocol);
  }
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return of(bytes, port, protocol);
  return std::nullopt;
}

std::optional<TransportAddress> TransportAddress::of(Bytes ip, uint16_t port, IpProtocol protocol) {
  TransportAddress address;
  address.port = port;
  address.protocol = protocol;
  if (ip.size() == 16) {
    std::ranges::copy(ip, address.ip.begin());
  } else if (ip.size() == 4) {
    std::ranges::copy(kV4Prefix, address.ip.begin());
    std::ranges::copy(ip, address.ip.begin() + 12);
  } else {
    return std::nullopt;
  }
  return address;
}

bool TransportAddress::is_v4() const { return std::equal(kV4Prefix.begin(), kV4Prefix.end(), ip.begin()); }

Bytes TransportAddress::ip_bytes() const { return is_v4() ? Bytes(ip).subspan(12) : Bytes(ip); }

std::string TransportAddress::ip_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, ip_bytes().data(), text.data(), text.size());
  return text.data();
}

std::string TransportAddress::text() const {
  const auto host = is_v4() ? ip_text() : '[' + ip_text() + ']';
  return host + ':' + std::to_string(port);
}

}  // namespace kms::rtc

size_t std::hash<kms::rtc::TransportAddress>::operator()(
    const kms::rtc::TransportAddress& address) const noexcept {
  const auto high = kms::rtc::load_u64(address.ip.data());
  const auto low = kms::rtc::load_u64(address.ip.data() + 8);
  const auto end = uint64_t{address.port} << 8 | static_cast<uint64_t>(address.protocol);
  // A multiply-xor mix: peers behind one address differ in the port alone.
  auto mixed = (high ^ (low + end * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
  mixed ^= mixed >> 32;
  return mixed * 0xc4ceb9fe1a85ec53u;
}
