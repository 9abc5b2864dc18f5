// SPDX-License-Identifier: Apache-2.0
#include "filters/gstreamer_filter/bin_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <string_view>

#include "filters/gstreamer_filter/bin_words.hpp"
#include "kms-core/base/uri_policy.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/gst/factory.hpp"
#include "kms-core/gst/inspect.hpp"

namespace kms::gstreamer_filter {

// No "opencv" elements that load models, no overlays that read files.
const std::set<std::string>& BinPolicy::built_in() {
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

namespace {

std::set<std::string> allowed_by(const Config& config) {
  const auto& listed = config.gstreamer_filter.allow;
  return listed.empty() ? BinPolicy::built_in() : std::set<std::string>(listed.begin(), listed.end());
}

// No list of an operator lets these in: they are no transforms.
bool is_transform(const std::string& klass) {
  constexpr std::array kNever{"Source", "Sink", "Demux", "Mux", "Bin"};
  return std::none_of(kNever.begin(), kNever.end(),
                      [&](const char* word) { return klass.find(word) != std::string::npos; });
}

// GObject takes what is no letter or digit in a property's name for '-'.
std::string canonical(std::string name) {
  for (auto& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  }
  return name;
}

// By the parts of its name: "location", "font-file", "config-file-path", "profile-palm".
bool names_file(const std::string& canonical_name) {
  constexpr std::array<std::string_view, 8> kWords{"location",  "path",   "config", "model",
                                                   "directory", "folder", "dir",    "template"};
  constexpr std::array<std::string_view, 4> kEnds{"file", "filename", "uri", "url"};
  std::istringstream parts(canonical_name);
  for (std::string part; std::getline(parts, part, '-');) {
    const bool word = std::find(kWords.begin(), kWords.end(), part) != kWords.end();
    const auto ends = [&](std::string_view end) { return part.ends_with(end); };
    if (word || std::any_of(kEnds.begin(), kEnds.end(), ends)) return true;
  }
  return false;
}

// A path as part of a URI: what would mean something else in one is escaped.
std::string as_uri(const std::string& path) {
  std::string out = "file://";
  for (const char c : path) {
    const bool special = c == '%' || c == '#' || c == '?';
    out += special ? fmt::format("%{:02X}", static_cast<unsigned>(c)) : std::string(1, c);
  }
  return out;
}

Status too_many(size_t most, std::string_view what) {
  return error(StatusCode::kResourceExhausted, ErrorInfo{"BIN_QUOTA", {}, {{"quota", std::to_string(most)}}},
               fmt::format("a bin has at most {} {}", most, what));
}

Status check_number(const std::vector<std::string>& words) {
  const auto is_element = [](const std::string& word) {
    const auto meaning = meaning_of(word);
    return meaning != Meaning::kLink && meaning != Meaning::kProperty;
  };
  const auto is_queue = [](const std::string& word) {
    return word == "queue" || word == "queue2" || word == "multiqueue";
  };
  const auto count = [&](const auto& fits) {
    return static_cast<size_t>(std::count_if(words.begin(), words.end(), fits));
  };
  if (count(is_queue) > BinPolicy::kMostQueues) return too_many(BinPolicy::kMostQueues, "queues");
  if (count(is_element) > BinPolicy::kMostElements) return too_many(BinPolicy::kMostElements, "elements");
  return ok();
}

Status not_allowed(const std::string& element, std::string_view why) {
  return error(StatusCode::kInvalidArgument, ErrorInfo{"ELEMENT_NOT_ALLOWED", {}, {{"element", element}}},
               fmt::format("\"{}\" {}", element, why));
}

}  // namespace

BinPolicy::BinPolicy(const Config& config) : config_(config), allowed_(allowed_by(config)) {}

Status BinPolicy::check(const std::string& description) const {
  const auto words = split_words(description);
  if (words.empty()) return graph::invalid_option("bin", "it is empty");
  if (auto number = check_number(words); !number.ok()) return number;
  for (const auto& word : words) {
    const auto status = check_word(word);
    if (!status.ok()) return status;
  }
  return ok();
}

Status BinPolicy::check_word(const std::string& word) const {
  const auto meaning = meaning_of(word);
  if (meaning != Meaning::kOther && !is_plain(word)) {
    return graph::invalid_option(
        "bin", fmt::format("{}: no backslash is allowed, and no quotation mark but those around a property's "
                           "whole value",
                           word));
  }
  switch (meaning) {
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

Status BinPolicy::check_properties(const std::vector<gst::ChangedProperty>& properties) const {
  for (const auto& property : properties) {
    const auto status = check_property(property.name, property.value);
    if (!status.ok()) return status;
  }
  return ok();
}

Status BinPolicy::check_property(const std::string& name, const std::string& value) const {
  const auto known = canonical(name);
  if (names_file(known) && !value.empty()) return check_file(value);
  // No stop of the pipeline ends such a sleep: it would hold a worker, and the element's end, for over an
  // hour.
  if (!known.ends_with("sleep-time")) return ok();
  return error(StatusCode::kInvalidArgument, ErrorInfo{"PROPERTY_NOT_ALLOWED", {}, {{"property", name}}},
               fmt::format("{} is not allowed: nothing can interrupt the sleep", name));
}

Status BinPolicy::check_file(const std::string& value) const {
  const auto uri = value.find("://") == std::string::npos ? as_uri(value) : value;
  return UriPolicy(config_).readable_file(uri).status();
}

}  // namespace kms::gstreamer_filter
