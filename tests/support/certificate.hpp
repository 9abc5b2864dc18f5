// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace kms::test {

// A file of a key and a certificate for the host "localhost", which GLib's TLS in this process trusts from
// now on.
std::string make_certificate();

}  // namespace kms::test
