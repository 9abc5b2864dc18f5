// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/srtp/srtp_engine.hpp"

namespace kms::rtc {

// Packet by packet over OpenSSL, with contexts that keep their key: works everywhere.
class EvpEngine final : public SrtpEngine {
 public:
  std::unique_ptr<SrtpSealKey> make_key(SrtpProfile profile, const SrtpSessionKeys& keys) override;
  void seal(std::span<const SrtpSealJob> jobs) override;
  std::string_view name() const override { return "openssl"; }
};

}  // namespace kms::rtc
