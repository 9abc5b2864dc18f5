// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/base/address_policy.hpp"
#include "kms-core/web/glib.hpp"

namespace kms::web {

// The network addresses of a host, every one of them checked: names are looked up here and never again, so
// that what was checked is what is connected to. Blocks. Errors: URI_NOT_ALLOWED (one of them is not
// allowed), UNREADABLE (no such host).
Result<std::vector<Object<GInetAddress>>> checked_addresses(const std::string& host,
                                                            const AddressPolicy& policy,
                                                            GCancellable* cancellable);

// Something to connect to that leads to these addresses only, yet is called by the host's name, which is what
// a server's certificate is checked against.
Object<GSocketConnectable> named_destination(const std::string& host, uint16_t port,
                                             const std::vector<Object<GInetAddress>>& addresses);

}  // namespace kms::web
