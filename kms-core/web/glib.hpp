// SPDX-License-Identifier: Apache-2.0
// Who owns what GLib gives.
#pragma once

#include <gio/gio.h>

#include <memory>

namespace kms::web {

template <typename T>
struct Unref {
  void operator()(T* object) const { g_object_unref(object); }
};
// Owns one reference to an object of GLib's.
template <typename T>
using Object = std::unique_ptr<T, Unref<T>>;

struct FreeError {
  void operator()(GError* error) const { g_error_free(error); }
};
using Failure = std::unique_ptr<GError, FreeError>;

struct FreeUri {
  void operator()(GUri* uri) const { g_uri_unref(uri); }
};
using Uri = std::unique_ptr<GUri, FreeUri>;

}  // namespace kms::web
