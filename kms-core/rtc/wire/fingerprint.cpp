// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/wire/fingerprint.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr std::string_view kHash = "sha-256 ";
constexpr std::string_view kDigits = "0123456789ABCDEF";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<unsigned> digit(char c) {
  if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  const auto at = kDigits.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

}  // namespace

std::optional<Fingerprint> Fingerprint::parse(std::string_view value) {
  Fingerprint fingerprint;
  const size_t hex_size = fingerprint.digest.size() * 3 - 1;
  if (value.size() != kHash.size() + hex_size) return std::nullopt;
  const auto is_same = [](char want, char got) { return want == lower(got); };
  if (!std::equal(kHash.begin(), kHash.end(), value.begin(), is_same)) return std::nullopt;
  value.remove_prefix(kHash.size());
  for (size_t i = 0; i < fingerprint.digest.size(); ++i) {
    const auto high = digit(value[3 * i]);
    const auto low = digit(value[3 * i + 1]);
    const bool parted = 3 * i + 2 == value.size() || value[3 * i + 2] == ':';
    if (!high || !low || !parted) return std::nullopt;
    fingerprint.digest[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return fingerprint;
}

std::string Fingerprint::text() const {
  std::string out(kHash);
  for (const uint8_t byte : digest) {
    if (out.size() > kHash.size()) out += ':';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace kms::rtc
