// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/file_muxer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "kms-core/gst/strip.hpp"

namespace kms::gst {
namespace {

std::string_view text_of(const GstStructure* structure, const char* field) {
  const char* text = gst_structure_get_string(structure, field);
  return text == nullptr ? std::string_view{} : text;
}

std::string parser_of_video(const FileMuxer::Track& track, bool mp4) {
  const auto* caps = gst_caps_get_structure(track.stream.caps.get(), 0);
  const std::string_view type = gst_structure_get_name(caps);
  const auto format = text_of(caps, "stream-format");
  if (type == "video/x-h264" || type == "video/x-h265") {
    const std::string codec = type == "video/x-h264" ? "h264" : "h265";
    const bool ready = gst_structure_has_field(caps, "codec_data") && text_of(caps, "alignment") == "au";
    const auto parse = ready ? "" : codec + "parse";
    if (!mp4 || track.decoding_times) return parse;
    return (ready ? "" : parse + " ! ") + codec + "timestamper";  // mp4 is in decoding order by its times
  }
  const bool unit = format == "obu-stream" && text_of(caps, "alignment") == "tu";
  if (type == "video/x-av1") return unit ? "" : "av1parse";
  if (type == "video/x-vp9") return mp4 && !gst_structure_has_field(caps, "chroma-format") ? "vp9parse" : "";
  return "";
}

std::string parser_of_audio(const FileMuxer::Track& track, bool mp4) {
  const auto* caps = gst_caps_get_structure(track.stream.caps.get(), 0);
  const std::string_view type = gst_structure_get_name(caps);
  const bool known_rate = gst_structure_has_field(caps, "rate") && gst_structure_has_field(caps, "channels");
  if (type == "audio/x-opus") {
    const bool mapped = known_rate && gst_structure_has_field(caps, "channel-mapping-family");
    return mp4 && !mapped ? "opusparse" : "";
  }
  if (type != "audio/mpeg") return "";
  int version = 0;
  gst_structure_get_int(caps, "mpegversion", &version);
  if (version == 1) return known_rate ? "" : "mpegaudioparse";
  return known_rate && text_of(caps, "stream-format") == "raw" ? "" : "aacparse";
}

// Guards the way into a muxer: caps that change are not shown to it.
struct Watch {
  std::function<void()> on_changed;
  Ref<GstCaps> caps;
  bool refused = false;
};

GstPadProbeReturn handled(GstPadProbeInfo* info) {
  gst_mini_object_unref(GST_MINI_OBJECT_CAST(GST_PAD_PROBE_INFO_DATA(info)));
  return GST_PAD_PROBE_HANDLED;
}

GstPadProbeReturn swallow(GstPad*, GstPadProbeInfo* info, gpointer) { return handled(info); }

GstPadProbeReturn watch_caps(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* event = GST_PAD_PROBE_INFO_EVENT(info);
  auto& watch = *static_cast<Watch*>(data);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  if (!watch.caps) {
    watch.caps = Ref<GstCaps>::share(caps);
    return GST_PAD_PROBE_OK;
  }
  if (watch.refused || may_go_on(watch.caps.get(), caps)) return handled(info);
  watch.refused = true;
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, swallow, nullptr, nullptr);
  watch.on_changed();
  return handled(info);
}

void watch(GstPad* pad, std::function<void()> on_changed) {
  auto watch = std::make_unique<Watch>(Watch{std::move(on_changed), {}});
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, watch_caps, watch.release(),
                    [](gpointer data) { const std::unique_ptr<Watch> owned(static_cast<Watch*>(data)); });
}

Status does_not_fit(const FileMuxer::Track& track, const std::string& muxer) {
  const std::unique_ptr<char, decltype(&g_free)> caps(gst_caps_to_string(track.stream.caps.get()), g_free);
  return error(StatusCode::kInternal, "MEDIA_ERROR", fmt::format("{} does not take {}", muxer, caps.get()));
}

// The muxer's pad for a track, linked to its inlet.
Result<Ref<GstPad>> link_track(GstBin* bin, GstElement* muxer, const FileMuxer::Track& track,
                               const std::string& parser) {
  auto* from = track.inlet->element();
  gst_bin_add(bin, from);
  if (!parser.empty()) {
    auto chain = parse_chain(parser);
    if (!chain.ok()) return chain.status();
    gst_bin_add(bin, chain->get());
    gst_element_link(from, chain->get());
    from = chain->get();
  }
  auto pad = Ref<GstPad>::adopt(gst_element_request_pad_simple(muxer, track.video ? "video_%u" : "audio_%u"));
  const auto* name = pad ? GST_PAD_NAME(pad.get()) : nullptr;
  if (!pad || gst_element_link_pads(from, "src", muxer, name) == FALSE) {
    return does_not_fit(track, GST_OBJECT_NAME(muxer));
  }
  return pad;
}

}  // namespace

std::string muxer_parser(const FileMuxer::Track& track, const std::string& muxer) {
  const bool mp4 = muxer == "mp4mux";
  return track.video ? parser_of_video(track, mp4) : parser_of_audio(track, mp4);
}

bool may_go_on(const GstCaps* before, const GstCaps* after) {
  const auto* a = gst_caps_get_structure(before, 0);
  const auto* b = gst_caps_get_structure(after, 0);
  const std::string_view type = gst_structure_get_name(a);
  if (type != gst_structure_get_name(b)) return false;
  if (type == "video/x-vp8" || type == "video/x-vp9" || type == "video/x-av1") return true;
  constexpr std::array kFixed{"codec_data", "stream-format", "width", "height",      "rate",
                              "channels",   "mpegversion",   "layer", "streamheader"};
  return std::all_of(kFixed.begin(), kFixed.end(), [&](const char* field) {
    const auto* x = gst_structure_get_value(a, field);
    const auto* y = gst_structure_get_value(b, field);
    if (x == nullptr || y == nullptr) return x == y;
    return gst_value_compare(x, y) == GST_VALUE_EQUAL;
  });
}

Result<std::unique_ptr<FileMuxer>> FileMuxer::build(Pipeline& pipeline, const Plan& plan,
                                                    const std::function<void()>& on_changed) {
  auto* bin = pipeline.bin();
  const auto sink = FileSink::create("file", plan.file);
  gst_bin_add(bin, sink->element());
  auto* muxer = gst_element_factory_make(plan.muxer.c_str(), "muxer");
  if (muxer == nullptr) return missing_plugin(plan.muxer);
  gst_bin_add(bin, muxer);
  for (const auto& [name, value] : plan.properties) {
    gst_util_set_object_arg(G_OBJECT(muxer), name.c_str(), value.c_str());
  }
  gst_element_link(muxer, sink->element());
  // With a clock a muxer would take silence for lateness and go on without the track.
  gst_pipeline_use_clock(GST_PIPELINE(bin), nullptr);
  for (const auto& track : plan.tracks) {
    const auto pad = link_track(bin, muxer, track, muxer_parser(track, plan.muxer));
    if (!pad.ok()) return pad.status();
    watch(pad->get(), on_changed);
  }
  return std::make_unique<FileMuxer>(sink);
}

}  // namespace kms::gst
