// SPDX-License-Identifier: Apache-2.0
// Handlers of signals that do nothing once their object is gone.
#pragma once

#include <glib-object.h>

#include <memory>

namespace kms::gst {

// `handler` gets a pointer as its last argument, which listener() understands. On whatever thread the signal
// comes.
template <typename Object>
void listen(gpointer instance, const char* signal, GCallback handler, std::weak_ptr<Object> object) {
  auto owned = std::make_unique<std::weak_ptr<Object>>(std::move(object));
  g_signal_connect_data(
      instance, signal, handler, owned.release(),
      [](gpointer data, GClosure*) {
        const std::unique_ptr<std::weak_ptr<Object>> last(static_cast<std::weak_ptr<Object>*>(data));
      },
      GConnectFlags{});
}

// Null: it is gone.
template <typename Object>
std::shared_ptr<Object> listener(gpointer data) {
  return static_cast<std::weak_ptr<Object>*>(data)->lock();
}

}  // namespace kms::gst
