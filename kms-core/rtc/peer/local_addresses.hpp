// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace kms::rtc {

// The IP addresses of this machine's interfaces that are up, without loopback and link-local ones; 127.0.0.1
// if there is no other.
std::vector<std::string> local_addresses(bool ipv6);

}  // namespace kms::rtc
