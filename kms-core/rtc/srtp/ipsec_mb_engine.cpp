// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/ipsec_mb_engine.hpp"

#include <intel-ipsec-mb.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "kms-core/rtc/srtp/hmac_sha1.hpp"
#include "kms-core/rtc/srtp/initialization_vector.hpp"

namespace kms::rtc {
namespace {

constexpr size_t kBurst = IMB_MAX_BURST_SIZE;
constexpr size_t kCtrTag = tag_size(SrtpProfile::kAesCm128HmacSha1_80);

struct ManagerFree {
  void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, ManagerFree>;

struct CtrKey final : SrtpSealKey {
  CtrKey(IMB_MGR* manager, SrtpProfile profile, const SrtpSessionKeys& keys)
      : SrtpSealKey(profile), salt(keys.salt), hmac(keys.auth) {
    alignas(16) std::array<uint8_t, 176> unused;
    IMB_AES_KEYEXP_128(manager, keys.cipher.data(), schedule.data(), unused.data());
  }
  SrtpVector salt;
  HmacSha1 hmac;
  alignas(64) std::array<uint8_t, 176> schedule;
};

struct GcmKey final : SrtpSealKey {
  GcmKey(IMB_MGR* manager, const SrtpSessionKeys& keys)
      : SrtpSealKey(SrtpProfile::kAeadAes128Gcm), salt(keys.salt) {
    IMB_AES128_GCM_PRE(manager, keys.cipher.data(), &data);
  }
  SrtpVector salt;
  alignas(64) gcm_key_data data;
};

class IpsecMbEngine final : public SrtpEngine {
 public:
  explicit IpsecMbEngine(Manager manager) : manager_(std::move(manager)) {}

  std::unique_ptr<SrtpSealKey> make_key(SrtpProfile profile, const SrtpSessionKeys& keys) override {
    if (profile == SrtpProfile::kNone) return std::make_unique<ClearKey>();
    if (profile == SrtpProfile::kAeadAes128Gcm) return std::make_unique<GcmKey>(manager_.get(), keys);
    return std::make_unique<CtrKey>(manager_.get(), profile, keys);
  }

  void seal(std::span<const SrtpSealJob> jobs) override;
  std::string_view name() const override { return "ipsec-mb"; }

 private:
  void seal_gcm(const SrtpSealJob& job);
  void add_ctr(const SrtpSealJob& job);
  void flush_ctr();

  Manager manager_;
  size_t count_ = 0;
  std::array<IMB_JOB, kBurst> cipher_jobs_{};
  std::array<IMB_JOB, kBurst> hash_jobs_{};
  std::array<SrtpVector, kBurst> vectors_{};
};

void IpsecMbEngine::seal(std::span<const SrtpSealJob> jobs) {
  for (const auto& job : jobs) {
    if (job.key->profile() == SrtpProfile::kAeadAes128Gcm) {
      seal_gcm(job);
    } else if (job.key->profile() == SrtpProfile::kNone) {
      place_in_clear(job);
    } else {
      add_ctr(job);
    }
  }
  flush_ctr();
}

void IpsecMbEngine::seal_gcm(const SrtpSealJob& job) {
  const auto& key = static_cast<const GcmKey&>(*job.key);
  const auto iv = gcm_nonce(key.salt, job.ssrc, job.index);
  auto* payload = job.packet + job.header_size;
  gcm_context_data context;
  IMB_AES128_GCM_ENC(manager_.get(), &key.data, &context, payload, job.payload, job.payload_size, iv.data(),
                     job.packet, job.header_size, payload + job.payload_size, 16);
}

// Two jobs: the cipher from the shared plaintext into the packet, then the hash over the packet. One chained
// job would hash its source, which is the plaintext.
void IpsecMbEngine::add_ctr(const SrtpSealJob& job) {
  const auto& key = static_cast<const CtrKey&>(*job.key);
  const size_t size = size_t{job.header_size} + job.payload_size;
  vectors_[count_] = counter_block(key.salt, job.ssrc, job.index);
  store_u32(job.packet + size, static_cast<uint32_t>(job.index >> 16));

  auto& cipher = cipher_jobs_[count_];
  cipher.enc_keys = key.schedule.data();
  cipher.key_len_in_bytes = 16;
  cipher.src = job.payload;
  cipher.dst = job.packet + job.header_size;
  cipher.msg_len_to_cipher_in_bytes = job.payload_size;
  cipher.iv = vectors_[count_].data();
  cipher.iv_len_in_bytes = 16;

  auto& hash = hash_jobs_[count_];
  hash.src = job.packet;
  hash.msg_len_to_hash_in_bytes = size + 4;
  hash.u.HMAC._hashed_auth_key_xor_ipad = reinterpret_cast<const uint8_t*>(key.hmac.inner().data());
  hash.u.HMAC._hashed_auth_key_xor_opad = reinterpret_cast<const uint8_t*>(key.hmac.outer().data());
  // The library writes 20 bytes of tag whatever length is asked: behind the packet, and its first 10
  // are copied, of which a short tag leaves some behind the packet.
  hash.auth_tag_output = job.packet + size + 4;
  hash.auth_tag_output_len_in_bytes = kCtrTag;
  if (++count_ == kBurst) flush_ctr();
}

void IpsecMbEngine::flush_ctr() {
  if (count_ == 0) return;
  const auto jobs = static_cast<uint32_t>(count_);
  IMB_SUBMIT_CIPHER_BURST_NOCHECK(manager_.get(), cipher_jobs_.data(), jobs, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                  IMB_KEY_128_BYTES);
  IMB_SUBMIT_HASH_BURST_NOCHECK(manager_.get(), hash_jobs_.data(), jobs, IMB_AUTH_HMAC_SHA_1);
  for (size_t i = 0; i < count_; ++i) {
    auto* tag = hash_jobs_[i].auth_tag_output;
    std::memmove(tag - 4, tag, kCtrTag);
  }
  count_ = 0;
}

}  // namespace

std::unique_ptr<SrtpEngine> make_ipsec_mb_engine() {
  Manager manager(alloc_mb_mgr(0));
  if (!manager) return nullptr;
  IMB_ARCH arch = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager.get(), &arch);
  if (imb_get_errno(manager.get()) != 0 || arch < IMB_ARCH_SSE) return nullptr;
  return std::make_unique<IpsecMbEngine>(std::move(manager));
}

}  // namespace kms::rtc
