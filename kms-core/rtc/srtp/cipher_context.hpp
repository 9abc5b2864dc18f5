// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <memory>

namespace kms::rtc {

struct CipherContextFree {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
// An OpenSSL cipher with its key expanded once, used for every packet after.
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextFree>;

enum class CipherUse { kSeal, kOpen };

// AES-128 in counter mode; the direction makes no difference.
CipherContext make_ctr_context(const uint8_t* key);
CipherContext make_gcm_context(const uint8_t* key, CipherUse use);

}  // namespace kms::rtc
