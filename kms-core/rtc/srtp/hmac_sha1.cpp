// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/hmac_sha1.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr size_t kBlock = 64;

HmacSha1::State pad_state(Bytes key, uint8_t filler) {
  std::array<uint8_t, kBlock> block{};
  std::copy(key.begin(), key.end(), block.begin());
  for (auto& byte : block) byte ^= filler;
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, block.data(), block.size());
  return {context.h0, context.h1, context.h2, context.h3, context.h4};
}

// A context as it stands after the pad's block.
SHA_CTX resume(const HmacSha1::State& state) {
  SHA_CTX context;
  SHA1_Init(&context);
  context.h0 = state[0];
  context.h1 = state[1];
  context.h2 = state[2];
  context.h3 = state[3];
  context.h4 = state[4];
  context.Nl = kBlock * 8;
  return context;
}

HmacSha1::Digest finish(SHA_CTX inner, const HmacSha1::State& outer_state) {
  HmacSha1::Digest digest;
  SHA1_Final(digest.data(), &inner);
  SHA_CTX outer = resume(outer_state);
  SHA1_Update(&outer, digest.data(), digest.size());
  SHA1_Final(digest.data(), &outer);
  return digest;
}

}  // namespace

HmacSha1::HmacSha1(Bytes key) : inner_(pad_state(key, 0x36)), outer_(pad_state(key, 0x5c)) {}

HmacSha1::Digest HmacSha1::sum(Bytes message) const {
  SHA_CTX context = resume(inner_);
  SHA1_Update(&context, message.data(), message.size());
  return finish(context, outer_);
}

HmacSha1::Digest HmacSha1::sum(Bytes message, uint32_t tail) const {
  std::array<uint8_t, 4> last;
  store_u32(last.data(), tail);
  SHA_CTX context = resume(inner_);
  SHA1_Update(&context, message.data(), message.size());
  SHA1_Update(&context, last.data(), last.size());
  return finish(context, outer_);
}

}  // namespace kms::rtc
