// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace kms::rtc {

// One agent's name and key for one ICE session (RFC 8445 section 5.3).
struct IceCredentials {
  // Fresh random ones: ufrag of 8 and password of 24 ice-chars (48 and 144 bits).
  static IceCredentials make();

  bool operator==(const IceCredentials&) const = default;

  std::string ufrag;
  std::string password;
};

}  // namespace kms::rtc
