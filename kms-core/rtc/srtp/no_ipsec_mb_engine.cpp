// SPDX-License-Identifier: Apache-2.0
// Stands in for ipsec_mb_engine.cpp where the library is not there.
#include "kms-core/rtc/srtp/ipsec_mb_engine.hpp"

namespace kms::rtc {

std::unique_ptr<SrtpEngine> make_ipsec_mb_engine() { return nullptr; }

}  // namespace kms::rtc
