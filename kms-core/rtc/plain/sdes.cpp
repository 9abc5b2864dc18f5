// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/sdes.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <vector>

#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {
namespace {

struct Suite {
  SrtpProfile profile;
  std::string_view name;
};

constexpr std::array kSuites{Suite{SrtpProfile::kAesCm128HmacSha1_80, "AES_CM_128_HMAC_SHA1_80"},
                             Suite{SrtpProfile::kAesCm128HmacSha1_32, "AES_CM_128_HMAC_SHA1_32"},
                             Suite{SrtpProfile::kAeadAes128Gcm, "AEAD_AES_128_GCM"}};

// Empty for what is no base64.
std::vector<uint8_t> decoded(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string padded(text);
  padded.append((4 - text.size() % 4) % 4, '=');
  std::vector<uint8_t> bytes(padded.size() / 4 * 3);
  const auto* from = reinterpret_cast<const unsigned char*>(padded.data());
  if (EVP_DecodeBlock(bytes.data(), from, static_cast<int>(padded.size())) < 0) return {};
  bytes.resize(text.size() * 3 / 4);
  return bytes;
}

std::string encoded(Bytes bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and a zero
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                    static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

// "2^31" or a number: what SRTCP's index allows at most. A session does not live to see its end.
bool is_long_enough(std::string_view lifetime) {
  if (lifetime.starts_with("2^")) return number_of<unsigned>(lifetime.substr(2)).value_or(0) >= 31;
  return number_of<uint64_t>(lifetime).value_or(0) >= uint64_t{1} << 31;
}

bool changes_packets(std::string_view parameter) {
  return !parameter.starts_with("WSH=") && !parameter.starts_with('-');
}

Status check_rest(std::string_view rest, size_t line) {
  for (const auto part : split(rest, '|')) {
    if (part.find(':') != std::string_view::npos)
      return sdp_error(line, "SDP_CRYPTO_MKI", "master key identifiers (MKI) are not taken: send one key");
    if (!is_long_enough(part))
      return sdp_error(line, "SDP_CRYPTO_LIFETIME",
                       "a key's lifetime must be 2^31 or more, not " + quoted(part));
  }
  return ok();
}

}  // namespace

std::optional<SrtpProfile> suite_named(std::string_view name) {
  const auto found = std::ranges::find(kSuites, name, &Suite::name);
  return found == kSuites.end() ? std::nullopt : std::optional(found->profile);
}

std::string_view suite_name_of(SrtpProfile profile) {
  const auto found = std::ranges::find(kSuites, profile, &Suite::profile);
  return found == kSuites.end() ? std::string_view{} : found->name;
}

Result<SdesKey> read_sdes(const CryptoEntry& entry, size_t line) {
  const auto profile = suite_named(entry.suite);
  if (!profile)
    return sdp_error(line, "SDP_CRYPTO_SUITE", "the suite " + quoted(entry.suite) + " is not known here");
  auto rest = std::string_view(entry.keys);
  constexpr std::string_view kMethod = "inline:";
  if (!rest.starts_with(kMethod) || rest.find(';') != std::string_view::npos)
    return sdp_error(line, "SDP_CRYPTO_KEY", "a=crypto wants one key, by inline:");
  rest.remove_prefix(kMethod.size());
  const auto bytes = decoded(take_until(rest, '|'));
  const size_t salt = salt_size(*profile);
  SdesKey key{*profile, {}};
  if (bytes.size() != key.master.key.size() + salt)
    return sdp_error(line, "SDP_CRYPTO_KEY",
                     entry.suite + " wants " + std::to_string(key.master.key.size() + salt) +
                         " bytes of key and salt in base64");
  if (const auto status = check_rest(rest, line); !status.ok()) return status;
  if (std::ranges::any_of(split(entry.parameters, ' '), changes_packets))
    return sdp_error(line, "SDP_CRYPTO_PARAMETERS",
                     "the session parameters " + quoted(entry.parameters) + " are not known here");
  std::copy_n(bytes.begin(), key.master.key.size(), key.master.key.begin());
  std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(key.master.key.size()), salt, key.master.salt.begin());
  return key;
}

CryptoEntry write_sdes(uint32_t tag, const SdesKey& key) {
  std::vector<uint8_t> bytes(key.master.key.begin(), key.master.key.end());
  bytes.insert(bytes.end(), key.master.salt.begin(),
               key.master.salt.begin() + static_cast<ptrdiff_t>(salt_size(key.profile)));
  return {tag, std::string(suite_name_of(key.profile)), "inline:" + encoded(bytes), {}};
}

SdesKey make_sdes_key(SrtpProfile profile) {
  SdesKey key{profile, {}};
  RAND_bytes(key.master.key.data(), static_cast<int>(key.master.key.size()));
  RAND_bytes(key.master.salt.data(), static_cast<int>(salt_size(profile)));
  return key;
}

}  // namespace kms::rtc
