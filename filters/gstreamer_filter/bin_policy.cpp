// SPDX-License-Identifier: Apache-2.0
#include "filters/gstreamer_filter/bin_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "filters/gstreamer_filter/bin_words.hpp"
#include "kms-core/base/uri_policy.hpp"
#include "kms-core/gst/inspect.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::gstreamer_filter {
namespace {

// Transforms of raw media that open nothing and start no program. No "opencv" elements that load models, no
// overlays that read files.
const std::set<std::string>& built_in() {
  static const std::set<std::string> all{
      // any
      "capsfilter", "identity", "queue", "valve",
      // colour and light
      "alpha", "alphacolor", "chromahold", "coloreffects", "gamma", "videobalance", "videoconvert",
      "videoconvertscale",
      // geometry
      "aspectratiocrop", "bulge", "circle", "diffuse", "fisheye", "kaleidoscope", "marble", "mirror",
      "perspective", "pinch", "rotate", "sphere", "square", "stretch", "tunnel", "twirl", "videobox",
      "videocrop", "videoflip", "videoscale", "waterripple",
      // time
      "deinterlace", "interlace", "timecodestamper", "videorate",
      // effects
      "agingtv", "burn", "chromium", "cvdilate", "cvequalizehist", "cverode", "cvlaplace", "cvsmooth",
      "cvsobel", "dicetv", "dilate", "dodge", "edgedetect", "edgetv", "exclusion", "gaussianblur", "optv",
      "quarktv", "radioactv", "retinex", "revtv", "rippletv", "shagadelictv", "smooth", "solarize",
      "streaktv", "vertigotv", "videomedian", "warptv", "zebrastripe",
      // text and time of day
      "clockoverlay", "textoverlay", "timeoverlay",
      // sound
      "audioamplify", "audiochannelmix", "audiochebband", "audiocheblimit", "audioconvert", "audiodynamic",
      "audioecho", "audioinvert", "audiokaraoke", "audiopanorama", "audiorate", "audioresample",
      "audiowsincband", "audiowsinclimit", "equalizer-10bands", "equalizer-3bands", "equalizer-nbands",
      "freeverb", "level", "pitch", "removesilence", "rglimiter", "rgvolume", "stereo", "volume"};
  return all;
}

std::set<std::string> allowed_by(const Config& config) {
  const auto& listed = config.gstreamer_filter.allow;
  return listed.empty() ? built_in() : std::set<std::string>(listed.begin(), listed.end());
}

// No list of an operator lets these in: they are no transforms.
bool is_transform(const std::string& klass) {
  constexpr std::array kNever{"Source", "Sink", "Demux", "Mux", "Bin"};
  return std::none_of(kNever.begin(), kNever.end(),
                      [&](const char* word) { return klass.find(word) != std::string::npos; });
}

Status not_allowed(const std::string& element, std::string_view why) {
  return error(StatusCode::kInvalidArgument, ErrorInfo{"ELEMENT_NOT_ALLOWED", {}, {{"element", element}}},
               fmt::format("\"{}\" {}", element, why));
}

}  // namespace

BinPolicy::BinPolicy(const Config& config) : config_(config), allowed_(allowed_by(config)) {}

Status BinPolicy::check(const std::string& description) const {
  const auto words = split_words(description);
  if (words.empty()) return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS", "bin is empty");
  for (const auto& word : words) {
    const auto status = check_word(word);
    if (!status.ok()) return status;
  }
  return ok();
}

Status BinPolicy::check_word(const std::string& word) const {
  switch (meaning_of(word)) {
    case Meaning::kLink:
    case Meaning::kRawCaps:
    case Meaning::kReference:
      return ok();
    case Meaning::kProperty: {
      const auto at = word.find('=');
      return check_property(word.substr(0, at), unquoted(word.substr(at + 1)));
    }
    case Meaning::kElement:
      return check_element(word);
    case Meaning::kOther:
      break;
  }
  return not_allowed(word, "is no element, property, raw caps or link that a filter may have");
}

Status BinPolicy::check_element(const std::string& factory) const {
  if (!allowed_.contains(factory)) return not_allowed(factory, "is not in gstreamer_filter.allow");
  const auto klass = gst::factory_class(factory);
  if (!klass) return gst::missing_plugin(factory);
  return is_transform(*klass) ? ok() : not_allowed(factory, fmt::format("is no transform but {}", *klass));
}

Status BinPolicy::check_elements(const std::vector<std::string>& factories) const {
  for (const auto& factory : factories) {
    if (factory == "capsfilter") continue;  // what caps in the text become
    const auto status = check_element(factory);
    if (!status.ok()) return status;
  }
  return ok();
}

Status BinPolicy::check_property(const std::string& name, const std::string& value) const {
  constexpr std::array kFiles{"location", "file", "filename", "uri", "url", "path", "config", "model"};
  const bool names_file = std::any_of(kFiles.begin(), kFiles.end(), [&](const std::string& part) {
    return name == part || name.ends_with("-" + part);
  });
  if (!names_file) return ok();
  const auto uri = value.find("://") == std::string::npos ? "file://" + value : value;
  return UriPolicy(config_).readable_file(uri).status();
}

}  // namespace kms::gstreamer_filter
