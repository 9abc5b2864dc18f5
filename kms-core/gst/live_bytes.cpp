// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/live_bytes.hpp"

#include <fmt/format.h>
#include <gio/gio.h>

#include "kms-core/gst/factory.hpp"

namespace kms::gst {
namespace {

// For so long the element's threads notice neither a stop nor that a caller has gone (milliseconds).
constexpr gint kSrtPoll = 100;

std::string in_brackets(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

using MayCall = std::function<bool(const std::string&)>;

gboolean on_caller(GstElement*, GSocketAddress* address, const gchar*, gpointer data) {
  if (!G_IS_INET_SOCKET_ADDRESS(address)) return FALSE;
  auto* inet = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
  const std::unique_ptr<gchar, decltype(&g_free)> text(g_inet_address_to_string(inet), g_free);
  return (*static_cast<MayCall*>(data))(text.get()) ? TRUE : FALSE;
}

}  // namespace

Result<Ref<GstElement>> rtmp_source(const RtmpAsked& asked) {
  auto source = make_element("rtmp2src");
  if (!source.ok()) return source;
  const auto location = fmt::format("rtmp://{}:{}{}", in_brackets(asked.address), asked.port, asked.path);
  const auto patience = static_cast<guint>(asked.patience.count());
  g_object_set(source->get(), "location", location.c_str(), "timeout", patience, "idle-timeout", patience,
               nullptr);
  if (!asked.user.empty()) {
    g_object_set(source->get(), "username", asked.user.c_str(), "password", asked.password.c_str(), nullptr);
  }
  return source;
}

Result<Ref<GstElement>> srt_source(const SrtAsked& asked) {
  auto source = make_element("srtsrc");
  if (!source.ok()) return source;
  const auto uri = fmt::format("srt://{}:{}", in_brackets(asked.address), asked.port);
  g_object_set(source->get(), "uri", uri.c_str(), nullptr);
  gst_util_set_object_arg(G_OBJECT(source->get()), "mode", asked.listen ? "listener" : "caller");
  if (asked.listen) {
    g_object_set(source->get(), "localaddress", asked.address.c_str(), "localport", guint{asked.port},
                 nullptr);
    auto handler = std::make_unique<MayCall>(asked.may_call);
    g_signal_connect_data(
        source->get(), "caller-connecting", G_CALLBACK(on_caller), handler.release(),
        [](gpointer data, GClosure*) { const std::unique_ptr<MayCall> owned(static_cast<MayCall*>(data)); },
        GConnectFlags{});
  }
  g_object_set(source->get(), "latency", static_cast<gint>(asked.latency.count()), "authentication",
               asked.listen ? TRUE : FALSE, "auto-reconnect", FALSE, "keep-listening", FALSE, "poll-timeout",
               kSrtPoll, nullptr);
  if (!asked.stream_id.empty()) g_object_set(source->get(), "streamid", asked.stream_id.c_str(), nullptr);
  if (!asked.passphrase.empty()) {
    g_object_set(source->get(), "passphrase", asked.passphrase.c_str(), nullptr);
    gst_util_set_object_arg(G_OBJECT(source->get()), "pbkeylen", "16");
  }
  return source;
}

std::shared_ptr<FlowMeter> FlowMeter::watch(const Ref<GstElement>& source) {
  auto meter = std::make_shared<FlowMeter>();
  const auto note = [](GstPad*, GstPadProbeInfo*, gpointer data) {
    auto& self = **static_cast<std::shared_ptr<FlowMeter>*>(data);
    self.last_ = media_now();
    self.flowed_ = true;
    return GST_PAD_PROBE_OK;
  };
  auto share = std::make_unique<std::shared_ptr<FlowMeter>>(meter);
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(source.get(), "src"));
  gst_pad_add_probe(pad.get(),
                    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
                    note, share.release(), [](gpointer data) {
                      const std::unique_ptr<std::shared_ptr<FlowMeter>> owned(
                          static_cast<std::shared_ptr<FlowMeter>*>(data));
                    });
  return meter;
}

}  // namespace kms::gst
