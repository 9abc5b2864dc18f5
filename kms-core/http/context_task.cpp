// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/context_task.hpp"

#include <glib.h>

#include <memory>

namespace kms::http {
namespace {

using Task = std::function<void()>;

gboolean run(gpointer data) {
  (*static_cast<Task*>(data))();
  return G_SOURCE_REMOVE;
}

void drop(gpointer data) { std::default_delete<Task>()(static_cast<Task*>(data)); }

}  // namespace

void post(GMainContext* context, Task task) {
  GSource* source = g_idle_source_new();
  g_source_set_priority(source, G_PRIORITY_DEFAULT);
  g_source_set_callback(source, run, std::make_unique<Task>(std::move(task)).release(), drop);
  g_source_attach(source, context);
  g_source_unref(source);
}

}  // namespace kms::http
