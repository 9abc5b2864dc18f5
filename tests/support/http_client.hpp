// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace kms::test {

// Sends `request` to "host:port" (IPv4) and reads until the server closes, or says nothing for 40 s.
std::string http_exchange(const std::string& address, const std::string& request);

}  // namespace kms::test
