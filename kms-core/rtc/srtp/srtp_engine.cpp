// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/srtp_engine.hpp"

#include "kms-core/rtc/srtp/evp_engine.hpp"
#include "kms-core/rtc/srtp/ipsec_mb_engine.hpp"

namespace kms::rtc {

std::unique_ptr<SrtpEngine> make_srtp_engine(SrtpEngineChoice choice) {
  if (choice == SrtpEngineChoice::kOpenSsl) return std::make_unique<EvpEngine>();
  auto engine = make_ipsec_mb_engine();
  if (engine || choice == SrtpEngineChoice::kIpsecMb) return engine;
  return std::make_unique<EvpEngine>();
}

}  // namespace kms::rtc
