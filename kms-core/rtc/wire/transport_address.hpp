// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

enum class IpProtocol : uint8_t { kUdp, kTcp };

// One end of a 5-tuple. IPv4 addresses are kept as ::ffff:a.b.c.d, so that one socket of either family may
// be behind it. For TCP it names one connection.
struct TransportAddress {
  // `ip` is a textual IPv4 or IPv6 address; host names are refused.
  static std::optional<TransportAddress> parse(std::string_view ip, uint16_t port,
                                               IpProtocol protocol = IpProtocol::kUdp);
  // From 4 or 16 bytes in network order.
  static std::optional<TransportAddress> of(Bytes ip, uint16_t port, IpProtocol protocol = IpProtocol::kUdp);

  bool is_v4() const;
  // 4 or 16 bytes in network order.
  Bytes ip_bytes() const;
  // "192.0.2.1" or "2001:db8::1".
  std::string ip_text() const;
  // "192.0.2.1:5000" or "[2001:db8::1]:5000".
  std::string text() const;

  bool operator==(const TransportAddress&) const = default;

  std::array<uint8_t, 16> ip{};
  uint16_t port = 0;
  IpProtocol protocol = IpProtocol::kUdp;
};

}  // namespace kms::rtc

template <>
struct std::hash<kms::rtc::TransportAddress> {
  size_t operator()(const kms::rtc::TransportAddress& address) const noexcept;
};
