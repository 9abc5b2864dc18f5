// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/rtp_receiver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "kms-core/gst/batch_sink.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/factory.hpp"
#include "kms-core/gst/listening.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::gst {
namespace {

Ref<GstPad> request_pad(const Ref<GstElement>& element, const std::string& name) {
  return Ref<GstPad>::adopt(gst_element_request_pad_simple(element.get(), name.c_str()));
}

Ref<GstPad> static_pad(const Ref<GstElement>& element, const char* name) {
  return Ref<GstPad>::adopt(gst_element_get_static_pad(element.get(), name));
}

std::string pad_name(GstPad* pad) {
  const std::unique_ptr<gchar, decltype(&g_free)> name(gst_pad_get_name(pad), g_free);
  return name.get();
}

}  // namespace

// Of one stream. `caps` is guarded by the receiver's mutex, the pads' beginnings are the owner's thread's.
struct RtpReceiver::Line {
  Stream stream;
  Ref<GstElement> chain;
  Ref<GstPad> rtp;
  Ref<GstPad> rtcp;
  Ref<GstCaps> caps;
  bool begun[2] = {false, false};
};

Result<std::shared_ptr<RtpReceiver>> RtpReceiver::create(const std::string& name, const Parts& parts) {
  struct Access : RtpReceiver {};
  auto receiver = std::make_shared<Access>();
  const auto status = receiver->build(name, parts);
  if (!status.ok()) return status;
  return std::shared_ptr<RtpReceiver>(std::move(receiver));
}

Status RtpReceiver::build(const std::string& name, const Parts& parts) {
  bin_ = Ref<GstElement>::sink(gst_bin_new(name.c_str()));
  send_ = parts.send;
  const auto made = make_element("rtpbin");
  if (!made.ok()) return made.status();
  rtp_ = *made;
  g_object_set(rtp_.get(), "latency", static_cast<guint>(parts.latency.count()), "autoremove", TRUE,
               "do-lost", TRUE, nullptr);
  gst_bin_add(GST_BIN(bin_.get()), rtp_.get());
  const auto map = [](GstElement*, guint session, guint type, gpointer data) -> GstCaps* {
    const auto self = listener<RtpReceiver>(data);
    return self ? self->caps_of(session, type) : nullptr;
  };
  listen(rtp_.get(), "request-pt-map", G_CALLBACK(+map), weak_from_this());
  const auto added = [](GstElement*, GstPad* pad, gpointer data) {
    if (const auto self = listener<RtpReceiver>(data)) self->link(pad);
  };
  listen(rtp_.get(), "pad-added", G_CALLBACK(+added), weak_from_this());
  for (const auto& stream : parts.streams) {
    const auto status = add(stream);
    if (!status.ok()) return status;
  }
  return ok();
}

Status RtpReceiver::add(const Stream& stream) {
  const auto chain = parse_chain(stream.chain);
  if (!chain.ok()) return chain.status();
  auto line = std::make_unique<Line>();
  line->stream = stream;
  line->chain = *chain;
  gst_bin_add_many(GST_BIN(bin_.get()), chain->get(), stream.outlet->element(), nullptr);
  gst_element_link(chain->get(), stream.outlet->element());
  lines_.push_back(std::move(line));
  connect(static_cast<unsigned>(lines_.size() - 1));
  return ok();
}

void RtpReceiver::connect(unsigned stream) {
  auto& line = *lines_[stream];
  line.rtp = request_pad(rtp_, fmt::format("recv_rtp_sink_{}", stream));
  line.rtcp = request_pad(rtp_, fmt::format("recv_rtcp_sink_{}", stream));
  const auto out = request_pad(rtp_, fmt::format("send_rtcp_src_{}", stream));
  const auto weak = weak_from_this();
  const auto sink = BatchSink::create(fmt::format("reports-{}", stream),
                                      {.on_buffer =
                                           [weak, stream](GstBuffer* buffer) {
                                             const auto self = weak.lock();
                                             if (!self || !self->send_) return;
                                             std::string packet(gst_buffer_get_size(buffer), '\0');
                                             gst_buffer_extract(buffer, 0, packet.data(), packet.size());
                                             self->send_(stream, std::move(packet));
                                           },
                                       .on_batch = [] {}});
  gst_bin_add(GST_BIN(bin_.get()), sink->element());
  const auto in = Ref<GstPad>::adopt(gst_element_get_static_pad(sink->element(), "sink"));
  gst_pad_link(out.get(), in.get());

  struct Watch {
    std::weak_ptr<RtpReceiver> receiver;
    unsigned stream;
  };
  const auto on_event = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* event = GST_PAD_PROBE_INFO_EVENT(info);
    const auto& watch = *static_cast<Watch*>(data);
    const auto self = watch.receiver.lock();
    if (!self || GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    self->saw_caps(watch.stream, caps);
    return GST_PAD_PROBE_OK;
  };
  auto watch = std::make_unique<Watch>(Watch{weak, stream});
  const auto pad = static_pad(line.chain, "src");
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, watch.release(),
                    [](gpointer data) { const std::unique_ptr<Watch> owned(static_cast<Watch*>(data)); });
}

// Of a sender that begins anew under another SSRC, too.
void RtpReceiver::link(GstPad* pad) {
  unsigned session = 0;
  const auto name = pad_name(pad);
  if (sscanf(name.c_str(), "recv_rtp_src_%u_", &session) != 1 || session >= lines_.size()) return;
  const auto sink = static_pad(lines_[session]->chain, "sink");
  if (const auto before = Ref<GstPad>::adopt(gst_pad_get_peer(sink.get()))) {
    gst_pad_unlink(before.get(), sink.get());
  }
  gst_pad_link(pad, sink.get());
}

GstCaps* RtpReceiver::caps_of(unsigned session, unsigned type) const {
  if (session >= lines_.size()) return nullptr;
  const auto& caps = lines_[session]->stream.caps;
  gint known = -1;
  gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "payload", &known);
  return known == static_cast<gint>(type) ? Ref<GstCaps>(caps).release() : nullptr;
}

void RtpReceiver::saw_caps(unsigned stream, GstCaps* caps) {
  {
    const std::lock_guard lock(mutex_);
    lines_[stream]->caps = Ref<GstCaps>::share(caps);
    const auto known = [](const auto& line) { return static_cast<bool>(line->caps); };
    if (!std::all_of(lines_.begin(), lines_.end(), known)) return;
  }
  tell_tracks();
}

void RtpReceiver::keep_to_latency() { g_object_set(rtp_.get(), "drop-on-latency", TRUE, nullptr); }

void RtpReceiver::tell_tracks() {
  Tracks tracks;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(told_, true)) return;
    for (const auto& line : lines_) {
      auto caps = line->caps;
      if (!caps) {  // it has sent nothing: what the description says
        const auto pad = static_pad(line->chain, "src");
        caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad.get(), nullptr));
        if (gst_caps_is_any(caps.get()) != FALSE || gst_caps_is_empty(caps.get()) != FALSE) continue;
        caps = Ref<GstCaps>::adopt(gst_caps_fixate(caps.release()));
      }
      if (!codec_of(caps.get()).ok()) continue;
      const auto place = line->stream.line;
      tracks.caps.resize(std::max(tracks.caps.size(), place + 1));
      tracks.caps[place] = caps;
    }
  }
  if (on_tracks_) on_tracks_(tracks);
}

void RtpReceiver::begin(GstPad* pad, unsigned stream, Kind kind) const {
  const auto id = fmt::format("rtp-{}-{}", stream, kind == Kind::kRtp ? "media" : "reports");
  gst_pad_send_event(pad, gst_event_new_stream_start(id.c_str()));
  const auto reports = Ref<GstCaps>::adopt(gst_caps_new_empty_simple("application/x-rtcp"));
  const auto& caps = kind == Kind::kRtp ? lines_[stream]->stream.caps : reports;
  gst_pad_send_event(pad, gst_event_new_caps(caps.get()));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_send_event(pad, gst_event_new_segment(&segment));
}

void RtpReceiver::put(unsigned stream, Kind kind, const void* packet, size_t size) {
  if (stream >= lines_.size()) return;
  auto& line = *lines_[stream];
  auto* pad = (kind == Kind::kRtp ? line.rtp : line.rtcp).get();
  if (GST_PAD_IS_FLUSHING(pad)) return;
  auto& begun = line.begun[kind == Kind::kRtp ? 0 : 1];
  if (!std::exchange(begun, true)) begin(pad, stream, kind);
  auto* buffer = gst_buffer_new_memdup(packet, size);
  GST_BUFFER_PTS(buffer) = media_now();
  GST_BUFFER_DTS(buffer) = GST_BUFFER_PTS(buffer);
  gst_pad_chain(pad, buffer);
}

void RtpReceiver::end() {
  for (unsigned i = 0; i < lines_.size(); ++i) {
    if (lines_[i]->begun[0]) gst_pad_send_event(lines_[i]->rtp.get(), gst_event_new_eos());
  }
}

std::function<Status()> RtpReceiver::seek(const Target&) const {
  return
      [] { return error(StatusCode::kFailedPrecondition, "NOT_SEEKABLE", "live media cannot be sought in"); };
}

}  // namespace kms::gst
