// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms {

// A range of internet addresses. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2).
struct AddressRange {
  std::array<uint8_t, 16> address;
  unsigned prefix;  // bits of the 128

  // "192.0.2.0/24", "2001:db8::/32" or one address; nothing for other text.
  static std::optional<AddressRange> parse(const std::string& text);
  bool holds(const std::array<uint8_t, 16>& other) const;
};

// Which hosts this server may fetch from: public unicast addresses (what the IANA special-purpose registries,
// RFC 6890, do not take away), and the ranges that the operator allows. Immutable; any thread.
class AddressPolicy {
 public:
  // `allowed`: ranges as in network.allow. Errors: CONFIG_INVALID.
  static Result<AddressPolicy> create(const std::vector<std::string>& allowed);

  // `address` in numbers, without port and scope; other text is refused.
  bool allows(const std::string& address) const;

 private:
  std::vector<AddressRange> allowed_;
};

}  // namespace kms
