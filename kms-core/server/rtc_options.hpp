// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/config.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::server {

// How the RTP plane is to be set up after the configuration, whose values have been checked. Reads the
// certificate and its key. Errors: CERTIFICATE_UNREADABLE.
Result<rtc::ServerOptions> rtc_options(const Config::Rtc& config);

}  // namespace kms::server
