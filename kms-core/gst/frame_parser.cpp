// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/frame_parser.hpp"

#include <string_view>
#include <utility>

#include "kms-core/gst/factory.hpp"

namespace kms::gst {
namespace {

struct Parser {
  const char* factory = "";  // empty: it is as containers want it
  const char* wanted = "";
};

std::string_view text_of(const GstStructure* structure, const char* field) {
  const char* text = gst_structure_get_string(structure, field);
  return text == nullptr ? std::string_view{} : text;
}

Parser parser_of_sound(const GstStructure* caps) {
  const bool known = gst_structure_has_field(caps, "rate") && gst_structure_has_field(caps, "channels");
  int version = 0;
  gst_structure_get_int(caps, "mpegversion", &version);
  if (version == 1 && !known) return {"mpegaudioparse", "audio/mpeg,mpegversion=1,parsed=true"};
  const bool ready =
      known && text_of(caps, "stream-format") == "raw" && gst_structure_has_field(caps, "codec_data");
  if (version == 1 || ready) return {};
  return {"aacparse", "audio/mpeg,mpegversion=4,stream-format=raw,framed=true"};
}

Parser parser_of(const GstStructure* caps) {
  const std::string_view type = gst_structure_get_name(caps);
  const bool whole = text_of(caps, "alignment") == "au" && gst_structure_has_field(caps, "codec_data");
  if (type == "video/x-h264" && !whole) return {"h264parse", "video/x-h264,stream-format=avc,alignment=au"};
  if (type == "video/x-h265" && !whole) return {"h265parse", "video/x-h265,stream-format=hvc1,alignment=au"};
  const bool units = text_of(caps, "stream-format") == "obu-stream" && text_of(caps, "alignment") == "tu";
  if (type == "video/x-av1" && !units)
    return {"av1parse", "video/x-av1,stream-format=obu-stream,alignment=tu"};
  if (type == "audio/mpeg") return parser_of_sound(caps);
  return {};
}

}  // namespace

GstFlowReturn FrameParser::chain(GstPad* pad, GstObject*, GstBuffer* buffer) {
  static_cast<FrameParser*>(gst_pad_get_element_private(pad))
      ->handlers_.on_frame(Ref<GstBuffer>::adopt(buffer));
  return GST_FLOW_OK;
}

gboolean FrameParser::event(GstPad* pad, GstObject*, GstEvent* event) {
  const auto owned = Ref<GstEvent>::adopt(event);
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return TRUE;
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  static_cast<FrameParser*>(gst_pad_get_element_private(pad))->handlers_.on_caps(caps);
  return TRUE;
}

Status FrameParser::caps(GstCaps* caps) {
  const auto parser = parser_of(gst_caps_get_structure(caps, 0));
  if (parser.factory != factory_) {
    end();
    drop();
    const auto made = make(parser.factory, parser.wanted);
    if (!made.ok()) return made;
  }
  if (!parser_) {
    handlers_.on_caps(caps);
    return ok();
  }
  gst_pad_push_event(to_.get(), gst_event_new_caps(caps));
  if (std::exchange(has_segment_, true)) return ok();
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(to_.get(), gst_event_new_segment(&segment));
  return ok();
}

Status FrameParser::make(const std::string& factory, const char* wanted) {
  if (factory.empty()) return ok();
  auto* made = gst_element_factory_make(factory.c_str(), nullptr);
  if (made == nullptr) return missing_plugin(factory);
  factory_ = factory;
  parser_ = Ref<GstElement>::sink(made);
  const auto takes = Ref<GstCaps>::adopt(gst_caps_from_string(wanted));
  auto* pad_template = gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, takes.get());
  const auto owned = Ref<GstPadTemplate>::sink(pad_template);
  from_ = Ref<GstPad>::sink(gst_pad_new_from_template(pad_template, "sink"));
  to_ = Ref<GstPad>::sink(gst_pad_new("src", GST_PAD_SRC));
  gst_pad_set_element_private(from_.get(), this);
  gst_pad_set_chain_function(from_.get(), chain);
  gst_pad_set_event_function(from_.get(), event);
  const auto parser_sink = Ref<GstPad>::adopt(gst_element_get_static_pad(made, "sink"));
  const auto parser_source = Ref<GstPad>::adopt(gst_element_get_static_pad(made, "src"));
  gst_pad_set_active(from_.get(), TRUE);
  gst_pad_set_active(to_.get(), TRUE);
  gst_pad_link(to_.get(), parser_sink.get());
  gst_pad_link(parser_source.get(), from_.get());
  gst_element_set_state(made, GST_STATE_PLAYING);
  gst_pad_push_event(to_.get(), gst_event_new_stream_start(factory.c_str()));
  return ok();
}

void FrameParser::push(Ref<GstBuffer> buffer) {
  if (!parser_) return handlers_.on_frame(std::move(buffer));
  gst_pad_push(to_.get(), buffer.release());
}

void FrameParser::end() {
  if (parser_) gst_pad_push_event(to_.get(), gst_event_new_eos());
}

void FrameParser::drop() {
  if (!parser_) return;
  gst_element_set_state(parser_.get(), GST_STATE_NULL);
  gst_pad_set_active(to_.get(), FALSE);
  gst_pad_set_active(from_.get(), FALSE);
  to_ = {};
  from_ = {};
  parser_ = {};
  factory_.clear();
  has_segment_ = false;
}

}  // namespace kms::gst
