// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/ice_credentials.hpp"

#include <openssl/rand.h>

#include <cstdlib>
#include <string_view>

namespace kms::rtc {
namespace {

constexpr std::string_view kIceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string random_text(size_t size) {
  std::string text(size, '\0');
  // Without randomness there is no security to be had: going on would be worse than stopping.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(size)) != 1) std::abort();
  for (char& c : text) c = kIceChars[static_cast<unsigned char>(c) % kIceChars.size()];
  return text;
}

}  // namespace

IceCredentials IceCredentials::make() { return {random_text(8), random_text(24)}; }

}  // namespace kms::rtc
