// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// HMAC-SHA1 with the key's two pads hashed once: 40 bytes per key instead of two library contexts, in the
// form that OpenSSL's SHA-1 and intel-ipsec-mb both take.
class HmacSha1 {
 public:
  using Digest = std::array<uint8_t, 20>;
  using State = std::array<uint32_t, 5>;

  explicit HmacSha1(Bytes key);

  // The digest of `message` followed by `tail`: SRTP appends the roll-over counter to what goes on the wire.
  Digest sum(Bytes message, uint32_t tail) const;
  Digest sum(Bytes message) const;

  const State& inner() const { return inner_; }
  const State& outer() const { return outer_; }

 private:
  State inner_;
  State outer_;
};

}  // namespace kms::rtc
