// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/stun_integrity.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>

#include "kms-core/rtc/ice/stun_message.hpp"

namespace kms::rtc {
namespace {

struct Free {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MAC_CTX, Free>;

// Looking an algorithm up costs more than the sum itself: once per thread is enough.
EVP_MAC_CTX* thread_context() {
  thread_local const Context context = [] {
    const std::unique_ptr<EVP_MAC, Free> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    Context made(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    char digest[] = "SHA1";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                 OSSL_PARAM_construct_end()};
    if (made && EVP_MAC_CTX_set_params(made.get(), params) != 1) made.reset();
    return made;
  }();
  return context.get();
}

}  // namespace

std::optional<std::array<uint8_t, kStunIntegritySize>> stun_integrity(Bytes before,
                                                                      std::string_view password) {
  std::array<uint8_t, stun::kHeaderSize> head;
  std::copy_n(before.begin(), head.size(), head.begin());
  store_u16(&head[2], static_cast<uint16_t>(before.size() - stun::kHeaderSize + 4 + kStunIntegritySize));
  const auto rest = before.subspan(head.size());
  const auto* key = reinterpret_cast<const uint8_t*>(password.data());
  std::array<uint8_t, kStunIntegritySize> sum;
  size_t size = 0;
  auto* context = thread_context();
  if (!context || password.empty() || EVP_MAC_init(context, key, password.size(), nullptr) != 1 ||
      EVP_MAC_update(context, head.data(), head.size()) != 1 ||
      EVP_MAC_update(context, rest.data(), rest.size()) != 1 ||
      EVP_MAC_final(context, sum.data(), &size, sum.size()) != 1 || size != sum.size()) {
    return std::nullopt;
  }
  return sum;
}

}  // namespace kms::rtc
