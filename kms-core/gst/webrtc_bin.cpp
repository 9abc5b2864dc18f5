// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/webrtc_bin.hpp"

#include <fmt/format.h>
#include <gst/video/video.h>

#include <optional>
#include <string_view>
#include <utility>

#include "kms-core/gst/batch_sink.hpp"
#include "kms-core/gst/factory.hpp"
#include "kms-core/gst/listening.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/gst/webrtc_description.hpp"

namespace kms::gst {
namespace {

// Values of webrtcbin's enumerations; see webrtc_description.hpp for why they stand here.
constexpr int kMaxBundle = 3;
constexpr int kRelayOnly = 1;
constexpr int kSendOnly = 2;
constexpr int kRecvOnly = 3;
constexpr int kGatheringComplete = 2;
constexpr int kDtlsClosed = 1;  // GstDtlsConnectionState

bool is_made_by(GstElement* element, std::string_view factory) {
  auto* by = gst_element_get_factory(element);
  return by != nullptr && factory == GST_OBJECT_NAME(by);
}

int enumeration(gpointer object, const char* property) {
  gint value = 0;
  g_object_get(object, property, &value, nullptr);
  return value;
}

Ref<GstCaps> all_caps(const std::vector<RtpFormat>& formats, std::optional<uint32_t> ssrc) {
  auto* all = gst_caps_new_empty();
  for (size_t i = 0; i < formats.size(); ++i) {
    auto caps = rtp_caps(formats[i]);
    // Once, or the offer would name it for each format.
    if (i == 0 && ssrc) gst_caps_set_simple(caps.get(), "ssrc", G_TYPE_UINT, guint{*ssrc}, nullptr);
    gst_caps_append(all, caps.release());
    // Of the first format webrtcbin makes it by itself (do-nack).
    if (i == 0 || !formats[i].repair) continue;
    const RtpFormat repair{.video = formats[i].video,
                           .type = *formats[i].repair,
                           .encoding = "RTX",
                           .clock_rate = formats[i].clock_rate,
                           .parameters = {{"apt", std::to_string(formats[i].type)}}};
    gst_caps_append(all, rtp_caps(repair).release());
  }
  return Ref<GstCaps>::adopt(all);
}

}  // namespace

Result<std::shared_ptr<WebRtcBin>> WebRtcBin::create(const std::string& name, const Options& options,
                                                     Handlers handlers) {
  struct Access : WebRtcBin {
    explicit Access(Handlers h) : WebRtcBin(std::move(h)) {}
  };
  auto made = std::make_shared<Access>(std::move(handlers));
  const auto status = made->build(name, options);
  if (!status.ok()) return status;
  return std::shared_ptr<WebRtcBin>(std::move(made));
}

Status WebRtcBin::build(const std::string& name, const Options& options) {
  auto made = make_element("webrtcbin");
  if (!made.ok()) return made.status();
  element_ = *std::move(made);
  gst_object_set_name(GST_OBJECT(element_.get()), name.c_str());
  g_object_set(element_.get(), "bundle-policy", kMaxBundle, nullptr);
  set_agent(options);
  if (!options.stun.empty()) g_object_set(element_.get(), "stun-server", options.stun.c_str(), nullptr);
  for (const auto& uri : options.turn) add_turn(uri);
  g_object_set(element_.get(), "latency", static_cast<guint>(options.latency.count()), nullptr);
  listen_to_states();
  for (const auto& line : options.lines) add_line(line);
  return ok();
}

// UPnP would cost sockets, threads and time. Checks that want an answer tell that the peer has vanished,
// which webrtcbin would not notice.
void WebRtcBin::set_agent(const Options& options) {
  if (options.relay_only) g_object_set(element_.get(), "ice-transport-policy", kRelayOnly, nullptr);
  GObject* ice = nullptr;
  g_object_get(element_.get(), "ice-agent", &ice, nullptr);
  GObject* agent = nullptr;
  g_object_get(ice, "agent", &agent, nullptr);
  g_object_set(agent, "upnp", FALSE, "keepalive-conncheck", TRUE, nullptr);
  g_object_unref(agent);
  for (const auto& address : options.addresses) {
    gboolean added = FALSE;
    g_signal_emit_by_name(ice, "add-local-ip-address", address.c_str(), &added);
  }
  g_object_unref(ice);
}

void WebRtcBin::add_turn(const std::string& uri) {
  gboolean added = FALSE;
  g_signal_emit_by_name(element_.get(), "add-turn-server", uri.c_str(), &added);
}

std::vector<Ref<GstElement>> WebRtcBin::elements() const {
  std::vector<Ref<GstElement>> all{element_};
  for (const auto& sink : sinks_) {
    if (sink) all.push_back(sink);
  }
  return all;
}

void WebRtcBin::add_line(const Line& line) {
  if (line.receives) {
    add_receiver(line);
  } else {
    add_sender(line);
  }
}

void WebRtcBin::add_receiver(const Line& line) {
  const bool video = line.formats.front().video;
  const auto caps = all_caps(line.formats, std::nullopt);
  GObject* transceiver = nullptr;
  g_signal_emit_by_name(element_.get(), "add-transceiver", kRecvOnly, caps.get(), &transceiver);
  g_object_set(transceiver, "do-nack", video ? TRUE : FALSE, nullptr);
  g_object_unref(transceiver);
  auto on_packet = [weak = weak_from_this(), video](GstBuffer* packet) {
    if (const auto self = weak.lock()) self->handlers_.on_packet(video, packet);
  };
  const auto sink =
      BatchSink::create(video ? "pictures" : "sound", {.on_buffer = std::move(on_packet), .on_batch = [] {}});
  sinks_[video ? 1 : 0] = Ref<GstElement>::sink(sink->element());
}

// Of a sender that begins anew under another SSRC, too. Which line it belongs to webrtcbin does not know of
// every SSRC; what its packets are tells.
void WebRtcBin::take_track(GstPad* pad) {
  const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
  if (!caps || gst_caps_get_size(caps.get()) == 0) return;
  const auto* media = gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media");
  const auto& sink = sinks_[g_strcmp0(media, "video") == 0 ? 1 : 0];
  if (!sink) return;
  const auto to = Ref<GstPad>::adopt(gst_element_get_static_pad(sink.get(), "sink"));
  if (const auto before = Ref<GstPad>::adopt(gst_pad_get_peer(to.get()))) {
    gst_pad_unlink(before.get(), to.get());
  }
  gst_pad_link(pad, to.get());
}

void WebRtcBin::want_key_frame() {
  if (!sinks_[1]) return;
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sinks_[1].get(), "sink"));
  gst_pad_push_event(pad.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, FALSE, 0));
}

void WebRtcBin::add_sender(const Line& line) {
  Pad pad;
  pad.ssrc = static_cast<uint32_t>(g_random_int_range(1, G_MAXINT32));
  const auto name = fmt::format("sink_{}", pads_.size());
  pad.pad = Ref<GstPad>::adopt(gst_element_request_pad_simple(element_.get(), name.c_str()));
  const auto caps = all_caps(line.formats, pad.ssrc);
  GObject* transceiver = nullptr;
  g_object_get(pad.pad.get(), "transceiver", &transceiver, nullptr);
  g_object_set(transceiver, "direction", kSendOnly, "codec-preferences", caps.get(), "do-nack",
               line.formats.front().repair ? TRUE : FALSE, nullptr);
  g_object_unref(transceiver);
  count(pad.pad.get(), &WebRtcBin::sent_);
  pads_.push_back(std::move(pad));
}

void WebRtcBin::listen_to_states() {
  const auto gathering = [](GstElement* element, GParamSpec*, gpointer data) {
    if (enumeration(element, "ice-gathering-state") != kGatheringComplete) return;
    if (const auto self = listener<WebRtcBin>(data)) self->tell_offer();
  };
  listen(element_.get(), "notify::ice-gathering-state", G_CALLBACK(+gathering), weak_from_this());
  const auto state = [](GstElement* element, GParamSpec*, gpointer data) {
    if (const auto self = listener<WebRtcBin>(data))
      self->handlers_.on_state(static_cast<State>(enumeration(element, "connection-state")));
  };
  listen(element_.get(), "notify::connection-state", G_CALLBACK(+state), weak_from_this());
  const auto track = [](GstElement*, GstPad* pad, gpointer data) {
    const auto self = listener<WebRtcBin>(data);
    if (self && GST_PAD_IS_SRC(pad)) self->take_track(pad);
  };
  listen(element_.get(), "pad-added", G_CALLBACK(+track), weak_from_this());
  const auto added = [](GstBin*, GstBin*, GstElement* part, gpointer data) {
    if (const auto self = listener<WebRtcBin>(data)) self->look_at(part);
  };
  listen(element_.get(), "deep-element-added", G_CALLBACK(+added), weak_from_this());
}

// Its parts come when they are needed. Whatever transports it makes, each tells its peer's certificate.
void WebRtcBin::look_at(GstElement* part) {
  if (is_made_by(part, "dtlssrtpdec")) {
    const auto certificate = [](GstElement* decoder, GParamSpec*, gpointer data) {
      if (const auto self = listener<WebRtcBin>(data)) self->tell_certificate(decoder);
    };
    listen(part, "notify::peer-pem", G_CALLBACK(+certificate), weak_from_this());
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(part, "sink"));
    count(pad.get(), &WebRtcBin::received_);
  }
  if (!is_made_by(part, "dtlssrtpenc")) return;
  const auto closed = [](GstElement* encoder, GParamSpec*, gpointer data) {
    if (enumeration(encoder, "connection-state") != kDtlsClosed) return;
    if (const auto self = listener<WebRtcBin>(data)) self->handlers_.on_goodbye();
  };
  listen(part, "notify::connection-state", G_CALLBACK(+closed), weak_from_this());
}

void WebRtcBin::count(GstPad* pad, std::atomic<uint64_t> WebRtcBin::*counter) {
  struct Count {
    std::weak_ptr<WebRtcBin> of;
    std::atomic<uint64_t> WebRtcBin::*counter;
  };
  const auto on_packet = [](GstPad*, GstPadProbeInfo*, gpointer data) {
    const auto& count = *static_cast<Count*>(data);
    if (const auto self = count.of.lock()) ++((*self).*count.counter);
    return GST_PAD_PROBE_OK;
  };
  constexpr auto kPackets =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
  auto owned = std::make_unique<Count>(Count{weak_from_this(), counter});
  gst_pad_add_probe(pad, kPackets, on_packet, owned.release(),
                    [](gpointer data) { const std::unique_ptr<Count> last(static_cast<Count*>(data)); });
}

void WebRtcBin::tell_certificate(GstElement* decoder) {
  gchar* pem = nullptr;
  g_object_get(decoder, "peer-pem", &pem, nullptr);
  const std::unique_ptr<gchar, decltype(&g_free)> owned(pem, g_free);
  handlers_.on_certificate(pem == nullptr ? std::string() : std::string(pem));
}

// Ends when nothing holds it any more: the promise of an operation goes with it.
std::shared_ptr<void> WebRtcBin::begin_work() const {
  {
    const std::lock_guard lock(pending_->mutex);
    ++pending_->count;
  }
  return {nullptr, [pending = pending_](void*) {
            const std::lock_guard lock(pending->mutex);
            --pending->count;
            pending->changed.notify_all();
          }};
}

void WebRtcBin::settle() {
  constexpr std::chrono::seconds kLongest{2};
  std::unique_lock lock(pending_->mutex);
  pending_->changed.wait_for(lock, kLongest, [this] { return pending_->count == 0; });
}

void WebRtcBin::make_offer() {
  auto* promise = new_promise([weak = weak_from_this(), work = begin_work()](GstPromise* made) {
    if (const auto self = weak.lock()) self->offer_made(made);
  });
  g_signal_emit_by_name(element_.get(), "create-offer", nullptr, promise);
  gst_promise_unref(promise);
}

void WebRtcBin::offer_made(GstPromise* promise) {
  const auto status = outcome_of(promise);
  if (!status.ok()) return handlers_.on_offer(status);
  auto* set = new_promise([weak = weak_from_this(), work = begin_work()](GstPromise* done) {
    const auto self = weak.lock();
    const auto taken = outcome_of(done);
    if (self && !taken.ok()) self->handlers_.on_offer(taken);
  });
  emit_offer(element_.get(), "set-local-description", promise, set);
}

void WebRtcBin::offer_now() { tell_offer(); }

void WebRtcBin::tell_offer() {
  auto text = webrtc_description(element_.get(), "local-description");
  if (text.empty() || told_offer_.exchange(true)) return;
  handlers_.on_offer(std::move(text));
}

void WebRtcBin::take_answer(const std::string& sdp) {
  auto* promise = new_promise([weak = weak_from_this(), work = begin_work()](GstPromise* done) {
    const auto taken = outcome_of(done);
    const auto self = weak.lock();
    if (!self) return;
    if (taken.ok()) self->end_candidates();
    self->handlers_.on_answer_taken(taken);
  });
  emit_description(element_.get(), "set-remote-description", sdp, promise);
}

// The answer has all of them: libnice does not give up as long as others may come.
void WebRtcBin::end_candidates() {
  g_signal_emit_by_name(element_.get(), "add-ice-candidate", 0U, static_cast<const char*>(nullptr));
}

Ref<GstCaps> WebRtcBin::caps(size_t line, const RtpFormat& format) const {
  auto caps = rtp_caps(format);
  gst_caps_set_simple(caps.get(), "ssrc", G_TYPE_UINT, guint{ssrc(line)}, nullptr);
  return caps;
}

void WebRtcBin::send(Pipeline& pipeline, size_t line, const Ref<GstElement>& source) const {
  pipeline.add(source);
  const auto from = Ref<GstPad>::adopt(gst_element_get_static_pad(source.get(), "src"));
  gst_pad_link_full(from.get(), pads_.at(line).pad.get(), GST_PAD_LINK_CHECK_NOTHING);
}

}  // namespace kms::gst
