// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/web_call.hpp"

#include <utility>

#include "kms-core/base/thread_times.hpp"

namespace kms::webrtc_client {

WebCall::WebCall(graph::ElementHost& host, std::function<void(GCancellable*)> work)
    : host_(host),
      cancellable_(g_cancellable_new(), [](GCancellable* object) { g_object_unref(object); }),
      thread_([work = std::move(work), cancellable = cancellable_] {
        name_thread("web-call");
        GMainContext* context = g_main_context_new();
        g_main_context_push_thread_default(context);
        work(cancellable.get());
        g_main_context_pop_thread_default(context);
        g_main_context_unref(context);
      }) {}

WebCall::~WebCall() {
  g_cancellable_cancel(cancellable_.get());
  host_.workers().run([thread = std::move(thread_)]() mutable { thread.join(); });
}

}  // namespace kms::webrtc_client
