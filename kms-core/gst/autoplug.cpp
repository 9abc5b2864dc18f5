// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/autoplug.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {
namespace {

// Demuxers that read nothing but their input. Not here: those of HLS, DASH, smooth streaming and SDP, and
// libav's, some of which open files.
constexpr std::array<std::string_view, 16> kDemuxers{
    "aiffparse", "apedemux", "asfdemux",      "auparse",     "avidemux", "flvdemux", "icydemux", "id3demux",
    "ivfparse",  "mxfdemux", "matroskademux", "mpegpsdemux", "oggdemux", "qtdemux",  "tsdemux",  "wavparse"};

constexpr std::array<std::string_view, 9> kPlaylists{
    "application/x-hls",      "application/dash+xml", "application/vnd.ms-sstr+xml",
    "application/sdp",        "application/smil",     "application/xspf+xml",
    "application/x-rtsptext", "text/uri-list",        "video/x-ms-asf-playlist"};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view name_of(GstElementFactory* factory) {
  return factory == nullptr ? std::string_view{} : GST_OBJECT_NAME(factory);
}

bool has(const GstStructure* s, const char* field) { return gst_structure_has_field(s, field) != FALSE; }

bool is_aac(const GstStructure* s) {
  int version = 0;
  return gst_structure_get_int(s, "mpegversion", &version) != FALSE && (version == 4 || version == 2);
}

// What the demuxers of MP4 and Matroska say of these is all that muxers and decoders ask for; a parser would
// only cost time.
bool complete(const GstStructure* s) {
  const std::string_view type = gst_structure_get_name(s);
  if (type == "video/x-h264" || type == "video/x-h265") return has(s, "codec_data");
  if (type == "video/x-vp8" || type == "video/x-vp9") return has(s, "width") && has(s, "height");
  if (type == "audio/x-opus") return has(s, "channel-mapping-family");
  return type == "audio/mpeg" && is_aac(s) && has(s, "codec_data");
}

bool packs_whole_frames(GstElementFactory* factory) {
  const auto name = name_of(factory);
  return name == "qtdemux" || name == "matroskademux";
}

bool is_elementary(std::string_view type) {
  return type.starts_with("audio/") || type.starts_with("video/") || type.starts_with("image/") ||
         type.starts_with("subpicture/") || type.starts_with("closedcaption/");
}

using FactoryList = std::unique_ptr<GList, decltype(&gst_plugin_feature_list_free)>;

bool somebody_may_take(const GstCaps* caps) {
  const FactoryList all(
      gst_element_factory_list_get_elements(
          GST_ELEMENT_FACTORY_TYPE_DEMUXER | GST_ELEMENT_FACTORY_TYPE_PARSER, GST_RANK_MARGINAL),
      gst_plugin_feature_list_free);
  const FactoryList takers(gst_element_factory_list_filter(all.get(), caps, GST_PAD_SINK, FALSE),
                           gst_plugin_feature_list_free);
  for (auto* entry = takers.get(); entry != nullptr; entry = entry->next) {
    if (may_autoplug(GST_ELEMENT_FACTORY(entry->data))) return true;
  }
  return false;
}

}  // namespace

bool may_autoplug(GstElementFactory* factory) {
  const std::string_view type = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
  if (type.find("Parser") != std::string_view::npos && type.find("Demux") == std::string_view::npos)
    return true;
  return contains(kDemuxers, name_of(factory));
}

Autoplug autoplug(const GstCaps* caps, GstElementFactory* factory) {
  const auto* structure = gst_caps_get_structure(caps, 0);
  const std::string_view type = gst_structure_get_name(structure);
  if (contains(kPlaylists, type)) return Autoplug::kPlaylist;
  if (type == "audio/x-raw" || type == "video/x-raw") return Autoplug::kTake;
  if (packs_whole_frames(factory) && complete(structure)) return Autoplug::kTake;
  if (!is_elementary(type) || somebody_may_take(caps)) return Autoplug::kGoOn;
  return Autoplug::kTake;
}

GstElementFactory* maker_of(GstPad* pad) {
  const auto target = Ref<GstPad>::adopt(GST_IS_GHOST_PAD(pad) ? gst_ghost_pad_get_target(GST_GHOST_PAD(pad))
                                                               : GST_PAD(gst_object_ref(pad)));
  const auto element = Ref<GstElement>::adopt(target ? gst_pad_get_parent_element(target.get()) : nullptr);
  return element ? gst_element_get_factory(element.get()) : nullptr;
}

}  // namespace kms::gst
