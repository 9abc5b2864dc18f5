// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gio/gio.h>

#include <memory>
#include <string>
#include <vector>

#include "kms-core/base/address_policy.hpp"

namespace kms::web {

template <typename T>
struct Unref {
  void operator()(T* object) const { g_object_unref(object); }
};
// Owns one reference to an object of GLib's.
template <typename T>
using Object = std::unique_ptr<T, Unref<T>>;

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
