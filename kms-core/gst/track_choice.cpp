// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/track_choice.hpp"

#include <gst/tag/tag.h>

#include <memory>

#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::gst {
namespace {

using Text = std::unique_ptr<gchar, decltype(&g_free)>;

std::string language_in(const GstTagList* tags) {
  gchar* found = nullptr;
  if (gst_tag_list_get_string(tags, GST_TAG_LANGUAGE_CODE, &found) == FALSE) return {};
  return language_code(Text(found, g_free).get());
}

std::string language_of(GstPad* pad) {
  const auto stream = Ref<GstStream>::adopt(gst_pad_get_stream(pad));
  GstTagList* of_stream = stream ? gst_stream_get_tags(stream.get()) : nullptr;
  std::string language = of_stream == nullptr ? std::string() : language_in(of_stream);
  if (of_stream != nullptr) gst_tag_list_unref(of_stream);
  for (guint i = 0; language.empty(); ++i) {
    const auto event = Ref<GstEvent>::adopt(gst_pad_get_sticky_event(pad, GST_EVENT_TAG, i));
    if (!event) break;
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event.get(), &tags);
    language = language_in(tags);
  }
  return language;
}

unsigned field(const GstStructure* structure, const char* name) {
  gint value = 0;
  gst_structure_get_int(structure, name, &value);
  return value > 0 ? static_cast<unsigned>(value) : 0;
}

}  // namespace

std::string language_code(const std::string& text) {
  const auto code = text.substr(0, text.find_first_of("-_"));
  const char* known = gst_tag_get_language_code_iso_639_2T(code.c_str());
  return known == nullptr || std::string_view(known) == "und" ? "" : known;
}

bool TrackChoice::takes(const TrackInfo& track) const {
  if (none) return false;
  if (number > 0) return track.number == number;
  if (!language.empty()) return track.language == language_code(language);
  return track.number == 1;
}

std::optional<size_t> line_for(const TrackInfo& track, const std::vector<TrackLine>& lines,
                               const std::function<bool(size_t)>& free) {
  for (const bool by_language : {false, true}) {
    for (size_t i = 0; i < lines.size(); ++i) {
      const auto& [outlet, video, choice] = lines[i];
      const bool of_its_kind = video == track.video && choice.language.empty() != by_language;
      if (of_its_kind && free(i) && choice.takes(track)) return i;
    }
  }
  return std::nullopt;
}

TrackInfo track_info(GstPad* pad, const GstCaps* caps) {
  const auto* structure = gst_caps_get_structure(caps, 0);
  const std::string type = gst_structure_get_name(structure);
  const auto codec = codec_of(caps);
  TrackInfo track;
  track.video = !type.starts_with("audio/");
  track.codec = !codec.ok() ? type : codec->empty() ? "raw" : *codec;
  track.language = language_of(pad);
  track.width = field(structure, "width");
  track.height = field(structure, "height");
  track.sample_rate = field(structure, "rate");
  track.channels = field(structure, "channels");
  gint top = 0;
  gint bottom = 1;
  if (gst_structure_get_fraction(structure, "framerate", &top, &bottom) != FALSE && bottom > 0) {
    track.frame_rate = static_cast<double>(top) / bottom;
  }
  return track;
}

}  // namespace kms::gst
