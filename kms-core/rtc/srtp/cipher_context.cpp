// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/cipher_context.hpp"

namespace kms::rtc {

CipherContext make_ctr_context(const uint8_t* key) {
  CipherContext context(EVP_CIPHER_CTX_new());
  EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key, nullptr);
  return context;
}

CipherContext make_gcm_context(const uint8_t* key, CipherUse use) {
  CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CipherInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key, nullptr, use == CipherUse::kSeal ? 1 : 0);
  return context;
}

}  // namespace kms::rtc
