// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/srtcp_sealer.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr size_t kHeader = 8;
constexpr uint32_t kEncryptedFlag = 0x80000000;

}  // namespace

SrtcpSealer::SrtcpSealer(SrtpProfile profile, const SrtpSessionKeys& keys, uint32_t first_index)
    : profile_(profile),
      salt_(keys.salt),
      hmac_(keys.auth),
      cipher_(profile == SrtpProfile::kAeadAes128Gcm ? make_gcm_context(keys.cipher.data(), CipherUse::kSeal)
                                                     : make_ctr_context(keys.cipher.data())),
      index_(first_index) {}

size_t SrtcpSealer::seal(MutableBytes buffer, size_t size) {
  if (size < kHeader || buffer.size() < size + kOverhead) return 0;
  if (profile_ == SrtpProfile::kNone) return size;
  if (profile_ == SrtpProfile::kAeadAes128Gcm) {
    seal_gcm(buffer, size);
  } else {
    seal_ctr(buffer, size);
  }
  index_ = (index_ + 1) & ~kEncryptedFlag;
  return size + kSrtcpIndexSize + rtcp_tag_size(profile_);
}

void SrtcpSealer::seal_gcm(MutableBytes buffer, size_t size) {
  const auto iv = gcm_nonce(salt_, load_u32(&buffer[4]), index_);
  auto* body = buffer.data() + kHeader;
  auto* word = buffer.data() + size + kMaxSrtpTag;
  int written = 0;
  store_u32(word, index_ | kEncryptedFlag);
  EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data());
  EVP_EncryptUpdate(cipher_.get(), nullptr, &written, buffer.data(), kHeader);
  EVP_EncryptUpdate(cipher_.get(), nullptr, &written, word, kSrtcpIndexSize);
  EVP_EncryptUpdate(cipher_.get(), body, &written, body, static_cast<int>(size - kHeader));
  EVP_EncryptFinal_ex(cipher_.get(), buffer.data() + size, &written);
  EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_GCM_GET_TAG, kMaxSrtpTag, buffer.data() + size);
}

void SrtcpSealer::seal_ctr(MutableBytes buffer, size_t size) {
  const auto iv = counter_block(salt_, load_u32(&buffer[4]), index_);
  auto* body = buffer.data() + kHeader;
  int written = 0;
  EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data());
  EVP_EncryptUpdate(cipher_.get(), body, &written, body, static_cast<int>(size - kHeader));
  store_u32(buffer.data() + size, index_ | kEncryptedFlag);
  const auto digest = hmac_.sum(buffer.first(size + kSrtcpIndexSize));
  std::copy_n(digest.begin(), rtcp_tag_size(profile_),
              buffer.begin() + static_cast<ptrdiff_t>(size + kSrtcpIndexSize));
}

}  // namespace kms::rtc
