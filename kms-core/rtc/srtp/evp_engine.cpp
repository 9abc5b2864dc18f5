// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/evp_engine.hpp"

#include <cstring>

#include "kms-core/rtc/srtp/cipher_context.hpp"
#include "kms-core/rtc/srtp/hmac_sha1.hpp"
#include "kms-core/rtc/srtp/initialization_vector.hpp"

namespace kms::rtc {
namespace {

struct EvpKey final : SrtpSealKey {
  EvpKey(SrtpProfile profile, const SrtpSessionKeys& keys)
      : SrtpSealKey(profile),
        salt(keys.salt),
        hmac(keys.auth),
        context(profile == SrtpProfile::kAeadAes128Gcm
                    ? make_gcm_context(keys.cipher.data(), CipherUse::kSeal)
                    : make_ctr_context(keys.cipher.data())) {}
  SrtpVector salt;
  HmacSha1 hmac;
  CipherContext context;
};

void seal_ctr(const EvpKey& key, const SrtpSealJob& job) {
  const auto iv = counter_block(key.salt, job.ssrc, job.index);
  const size_t size = size_t{job.header_size} + job.payload_size;
  int written = 0;
  EVP_EncryptInit_ex(key.context.get(), nullptr, nullptr, nullptr, iv.data());
  EVP_EncryptUpdate(key.context.get(), job.packet + job.header_size, &written, job.payload, job.payload_size);
  const auto digest = key.hmac.sum({job.packet, size}, static_cast<uint32_t>(job.index >> 16));
  std::memcpy(job.packet + size, digest.data(), tag_size(key.profile()));
}

void seal_gcm(const EvpKey& key, const SrtpSealJob& job) {
  const auto iv = gcm_nonce(key.salt, job.ssrc, job.index);
  auto* context = key.context.get();
  auto* payload = job.packet + job.header_size;
  int written = 0;
  EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, iv.data());
  EVP_EncryptUpdate(context, nullptr, &written, job.packet, job.header_size);
  EVP_EncryptUpdate(context, payload, &written, job.payload, job.payload_size);
  EVP_EncryptFinal_ex(context, payload + job.payload_size, &written);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, payload + job.payload_size);
}

}  // namespace

std::unique_ptr<SrtpSealKey> EvpEngine::make_key(SrtpProfile profile, const SrtpSessionKeys& keys) {
  if (profile == SrtpProfile::kNone) return std::make_unique<ClearKey>();
  return std::make_unique<EvpKey>(profile, keys);
}

void EvpEngine::seal(std::span<const SrtpSealJob> jobs) {
  for (const auto& job : jobs) {
    if (job.key->profile() == SrtpProfile::kNone) {
      place_in_clear(job);
      continue;
    }
    const auto& key = static_cast<const EvpKey&>(*job.key);
    if (key.profile() == SrtpProfile::kAeadAes128Gcm) {
      seal_gcm(key, job);
    } else {
      seal_ctr(key, job);
    }
  }
}

}  // namespace kms::rtc
