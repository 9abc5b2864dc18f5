// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <memory>

#include "kms-core/rtc/srtp/initialization_vector.hpp"

namespace kms::rtc {

struct CipherContextFree {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
// An OpenSSL cipher with its key expanded once, used for every packet after.
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextFree>;

enum class CipherUse { kSeal, kOpen };

// AES-128 in counter mode; the direction makes no difference.
CipherContext make_ctr_context(const uint8_t* key);
// AES-128, block by block, for apply_counter_blocks().
CipherContext make_block_context(const uint8_t* key);
// The same as counter mode, in place. Of short packets three times as fast: to give OpenSSL another counter
// costs more than it takes to encrypt them.
void apply_counter_blocks(EVP_CIPHER_CTX* blocks, const SrtpVector& iv, MutableBytes bytes);
CipherContext make_gcm_context(const uint8_t* key, CipherUse use);

}  // namespace kms::rtc
