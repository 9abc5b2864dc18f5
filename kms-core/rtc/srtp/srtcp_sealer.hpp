// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/srtp/cipher_context.hpp"
#include "kms-core/rtc/srtp/hmac_sha1.hpp"
#include "kms-core/rtc/srtp/initialization_vector.hpp"
#include "kms-core/rtc/srtp/session_keys.hpp"

namespace kms::rtc {

// Protects the RTCP we send to one peer (RFC 3711 section 3.4, RFC 7714 section 9). One index counts for all
// our SSRCs. One thread.
class SrtcpSealer {
 public:
  static constexpr size_t kOverhead = kMaxSrtpTag + kSrtcpIndexSize;

  SrtcpSealer(SrtpProfile profile, const SrtpSessionKeys& keys, uint32_t first_index = 1);

  // Seals the first `size` bytes of `buffer` in place; it has room for kOverhead more. Returns the new size,
  // 0 if `size` is less than an RTCP header.
  size_t seal(MutableBytes buffer, size_t size);

 private:
  void seal_gcm(MutableBytes buffer, size_t size);
  void seal_ctr(MutableBytes buffer, size_t size);

  SrtpProfile profile_;
  SrtpVector salt_;
  HmacSha1 hmac_;
  CipherContext cipher_;
  uint32_t index_;  // of the next packet, 31 bits
};

}  // namespace kms::rtc
