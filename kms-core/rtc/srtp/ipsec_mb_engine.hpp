// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/srtp/srtp_engine.hpp"

namespace kms::rtc {

// Several packets at once in the lanes of the vector unit, by intel-ipsec-mb. Null where the processor lacks
// the instructions. Only in builds that found the library.
std::unique_ptr<SrtpEngine> make_ipsec_mb_engine();

}  // namespace kms::rtc
