// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/cipher_context.hpp"

#include <algorithm>
#include <functional>

namespace kms::rtc {

CipherContext make_ctr_context(const uint8_t* key) {
  CipherContext context(EVP_CIPHER_CTX_new());
  EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key, nullptr);
  return context;
}

CipherContext make_block_context(const uint8_t* key) {
  CipherContext context(EVP_CIPHER_CTX_new());
  EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, key, nullptr);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

// The last two bytes of a counter block count, from zero on: a packet has no 2^16 blocks.
void apply_counter_blocks(EVP_CIPHER_CTX* blocks, const SrtpVector& iv, MutableBytes bytes) {
  constexpr size_t kBlock = std::tuple_size_v<SrtpVector>;
  constexpr size_t kAtOnce = 8;
  std::array<uint8_t, kAtOnce * kBlock> stream;
  for (uint16_t counter = 0; !bytes.empty();) {
    const auto part = bytes.first(std::min(bytes.size(), stream.size()));
    const size_t count = (part.size() + kBlock - 1) / kBlock;
    for (size_t i = 0; i < count; ++i, ++counter) {
      std::copy(iv.begin(), iv.end(), &stream[i * kBlock]);
      store_u16(&stream[(i + 1) * kBlock - 2], counter);
    }
    int written = 0;
    EVP_EncryptUpdate(blocks, stream.data(), &written, stream.data(), static_cast<int>(count * kBlock));
    std::transform(part.begin(), part.end(), stream.begin(), part.begin(), std::bit_xor<uint8_t>());
    bytes = bytes.subspan(part.size());
  }
}

CipherContext make_gcm_context(const uint8_t* key, CipherUse use) {
  CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CipherInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key, nullptr, use == CipherUse::kSeal ? 1 : 0);
  return context;
}

}  // namespace kms::rtc
