// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/address_policy.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace kms {
namespace {

constexpr unsigned kMappedBits = 96;
using Bytes = std::array<uint8_t, 16>;

// What is no public unicast address of IPv4.
constexpr std::array kSpecialV4{"0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
                                "169.254.0.0/16", "172.16.0.0/12",  "192.0.0.0/24",  "192.0.2.0/24",
                                "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
                                "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4"};
// Of IPv6, only this is public unicast at all,
constexpr auto kUnicastV6 = "2000::/3";
// without these: protocol assignments with Teredo, documentation, 6to4 (which hides an IPv4 address).
constexpr std::array kSpecialV6{"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};

struct Parsed {
  Bytes bytes;
  bool v4;
};

std::optional<Parsed> parse_address(const std::string& text) {
  Parsed parsed{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, true};
  if (inet_pton(AF_INET, text.c_str(), parsed.bytes.data() + kMappedBits / 8) == 1) return parsed;
  parsed.v4 = false;
  if (inet_pton(AF_INET6, text.c_str(), parsed.bytes.data()) == 1) return parsed;
  return std::nullopt;
}

bool in(const Bytes& address, const char* range) { return AddressRange::parse(range)->holds(address); }

template <typename Ranges>
bool in_any(const Bytes& address, const Ranges& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const char* range) { return in(address, range); });
}

bool is_public(const Bytes& address) {
  if (in(address, "::ffff:0:0/96")) return !in_any(address, kSpecialV4);
  return in(address, kUnicastV6) && !in_any(address, kSpecialV6);
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(const std::string& text) {
  const auto slash = text.find('/');
  const auto parsed = parse_address(text.substr(0, slash));
  if (!parsed) return std::nullopt;
  const unsigned base = parsed->v4 ? kMappedBits : 0;
  if (slash == std::string::npos) return AddressRange{parsed->bytes, 128};
  unsigned bits = 0;
  const auto digits = std::string_view(text).substr(slash + 1);
  const auto [end, failed] = std::from_chars(digits.begin(), digits.end(), bits);
  if (failed != std::errc() || end != digits.end() || bits > 128 - base) return std::nullopt;
  return AddressRange{parsed->bytes, base + bits};
}

bool AddressRange::holds(const std::array<uint8_t, 16>& other) const {
  const auto whole = prefix / 8;
  if (!std::equal(address.begin(), address.begin() + whole, other.begin())) return false;
  const auto rest = prefix % 8;
  return rest == 0 || ((address[whole] ^ other[whole]) >> (8 - rest)) == 0;
}

Result<AddressPolicy> AddressPolicy::create(const std::vector<std::string>& allowed) {
  AddressPolicy policy;
  for (const auto& text : allowed) {
    const auto range = AddressRange::parse(text);
    if (!range) {
      return error(
          StatusCode::kInvalidArgument, "CONFIG_INVALID",
          fmt::format("network.allow: \"{}\" is no address range; allowed is a form like 10.0.0.0/8 or "
                      "fd00::/8",
                      text));
    }
    policy.allowed_.push_back(*range);
  }
  return policy;
}

bool AddressPolicy::allows(const std::string& address) const {
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  return is_public(parsed->bytes) ||
         std::any_of(allowed_.begin(), allowed_.end(), [&](const auto& r) { return r.holds(parsed->bytes); });
}

}  // namespace kms
