// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/session_keys.hpp"

#include <algorithm>
#include <span>

#include "kms-core/rtc/srtp/cipher_context.hpp"

namespace kms::rtc {
namespace {

// Labels of RFC 3711 section 4.3.2; the RTCP ones are three further.
enum Label : uint8_t { kCipher = 0, kAuth = 1, kSalt = 2, kRtcp = 3 };

class Deriver {
 public:
  explicit Deriver(const SrtpMasterKey& master) : context_(make_ctr_context(master.key.data())) {
    std::copy(master.salt.begin(), master.salt.end(), block_.begin());
  }

  void fill(int label, std::span<uint8_t> out) {
    auto iv = block_;
    iv[7] = static_cast<uint8_t>(iv[7] ^ label);
    std::fill(out.begin(), out.end(), uint8_t{0});
    int written = 0;
    EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, iv.data());
    EVP_EncryptUpdate(context_.get(), out.data(), &written, out.data(), static_cast<int>(out.size()));
  }

 private:
  CipherContext context_;
  std::array<uint8_t, 16> block_{};
};

}  // namespace

SrtpKeys derive_srtp_keys(SrtpProfile profile, const SrtpMasterKey& master) {
  Deriver deriver(master);
  SrtpKeys keys;
  for (auto* part : {&keys.rtp, &keys.rtcp}) {
    const int base = part == &keys.rtp ? 0 : kRtcp;
    deriver.fill(base + kCipher, part->cipher);
    deriver.fill(base + kAuth, part->auth);
    deriver.fill(base + kSalt, std::span(part->salt).first(salt_size(profile)));
  }
  return keys;
}

}  // namespace kms::rtc
