// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/webrtc_description.hpp"

#include <gst/sdp/sdp.h>

#include <memory>

namespace kms::gst {
namespace {

// GstWebRTCSessionDescription of gst/webrtc/rtcsessiondescription.h, and its type's value for an answer.
struct Description {
  int type;
  GstSDPMessage* sdp;
};
constexpr int kAnswer = 3;

// Of a plugin that is loaded once there is a webrtcbin.
GType description_type() { return g_type_from_name("GstWebRTCSessionDescription"); }

struct Free {
  void operator()(Description* description) const { g_boxed_free(description_type(), description); }
};
using Owned = std::unique_ptr<Description, Free>;

std::string sdp_text(const Description* description) {
  if (description == nullptr) return {};
  const std::unique_ptr<gchar, decltype(&g_free)> text(gst_sdp_message_as_text(description->sdp), g_free);
  return text.get();
}

}  // namespace

std::string webrtc_description(GstElement* webrtcbin, const char* property) {
  Description* description = nullptr;
  g_object_get(webrtcbin, property, &description, nullptr);
  return sdp_text(Owned(description).get());
}

void emit_description(GstElement* webrtcbin, const char* signal, const std::string& answer,
                      GstPromise* promise) {
  Description description{.type = kAnswer, .sdp = nullptr};
  gst_sdp_message_new_from_text(answer.c_str(), &description.sdp);
  g_signal_emit_by_name(webrtcbin, signal, &description, promise);
  gst_sdp_message_free(description.sdp);
  gst_promise_unref(promise);
}

void emit_offer(GstElement* webrtcbin, const char* signal, GstPromise* made, GstPromise* promise) {
  Description* description = nullptr;
  gst_structure_get(gst_promise_get_reply(made), "offer", description_type(), &description, nullptr);
  const Owned owned(description);
  if (owned) g_signal_emit_by_name(webrtcbin, signal, owned.get(), promise);
  gst_promise_unref(promise);
}

GstPromise* new_promise(std::function<void(GstPromise*)> kept) {
  using Kept = std::function<void(GstPromise*)>;
  auto owned = std::make_unique<Kept>(std::move(kept));
  return gst_promise_new_with_change_func(
      [](GstPromise* promise, gpointer data) { (*static_cast<Kept*>(data))(promise); }, owned.release(),
      [](gpointer data) { const std::unique_ptr<Kept> last(static_cast<Kept*>(data)); });
}

Status outcome_of(GstPromise* promise) {
  const auto failed = [](const std::string& why) {
    return error(StatusCode::kInternal, "MEDIA_ERROR", "webrtcbin: " + why);
  };
  if (gst_promise_wait(promise) != GST_PROMISE_RESULT_REPLIED) return failed("was stopped");
  const auto* reply = gst_promise_get_reply(promise);
  GError* problem = nullptr;
  if (reply == nullptr || gst_structure_get(reply, "error", G_TYPE_ERROR, &problem, nullptr) == FALSE)
    return ok();
  const std::unique_ptr<GError, decltype(&g_error_free)> failure(problem, g_error_free);
  return failed(failure->message);
}

}  // namespace kms::gst
