// SPDX-License-Identifier: Apache-2.0
#include "filters/gstreamer_filter/gstreamer_filter.hpp"

#include <fmt/format.h>

#include <utility>

#include "kms-core/graph/catalog.hpp"
#include "kms-core/gst/inspect.hpp"
#include "kms-core/gst/pipeline.hpp"

namespace kms::gstreamer_filter {
namespace {

using kms::v1::MEDIA_KIND_AUDIO;
using kms::v1::MEDIA_KIND_VIDEO;

Result<graph::MediaKind> kind_of(const v1::GStreamerFilterOptions& options) {
  switch (options.kind()) {
    case kms::v1::MEDIA_KIND_UNSPECIFIED:
    case MEDIA_KIND_VIDEO:
      return MEDIA_KIND_VIDEO;
    case MEDIA_KIND_AUDIO:
      return MEDIA_KIND_AUDIO;
    default:
      return graph::invalid_option("kind", "only AUDIO and VIDEO run through a bin");
  }
}

// What was parsed is looked at again: the text may have meant more than was understood.
Result<gst::Ref<GstElement>> parse_checked(const Config& config, const std::string& description) {
  const BinPolicy policy(config);
  const auto allowed = policy.check(description);
  if (!allowed.ok()) return allowed;
  auto bin = gst::parse_chain(description);
  if (!bin.ok()) return bin.status();
  const auto elements = policy.check_elements(gst::factories_in(*bin));
  if (!elements.ok()) return elements;
  const auto properties = policy.check_properties(gst::changed_properties(*bin));
  if (!properties.ok()) return properties;
  if (gst::has_two_ends(*bin)) return bin;
  return graph::invalid_option(
      "bin", fmt::format("\"{}\" must have one open sink pad and one open source pad", description));
}

// Any raw media fits in, and what comes out fits any taker: converters cost nothing when there is nothing to
// do.
Result<std::unique_ptr<gst::Strip>> make_strip(graph::MediaKind kind, const gst::Ref<GstElement>& bin) {
  const auto convert = kind == MEDIA_KIND_AUDIO ? std::vector<std::string>{"audioconvert", "audioresample"}
                                                : std::vector<std::string>{"videoconvert"};
  auto parts = gst::make_elements(convert);
  if (!parts.ok()) return parts.status();
  const auto after = gst::make_elements(convert);
  if (!after.ok()) return after.status();
  parts->push_back(bin);
  parts->insert(parts->end(), after->begin(), after->end());
  return gst::Strip::create("gstreamer-filter", *parts);
}

}  // namespace

Result<std::unique_ptr<graph::Element>> GStreamerFilterElement::create(
    graph::ElementHost& host, const v1::GStreamerFilterOptions& options) {
  const auto kind = kind_of(options);
  if (!kind.ok()) return kind.status();
  auto bin = parse_checked(host.config(), options.bin());
  if (!bin.ok()) return bin.status();
  auto strip = make_strip(*kind, *bin);
  if (!strip.ok()) return strip.status();
  return std::make_unique<GStreamerFilterElement>(host, Parts{*kind, *bin, std::move(*strip)});
}

GStreamerFilterElement::GStreamerFilterElement(graph::ElementHost& element_host, Parts parts)
    : Element(element_host), bin_(std::move(parts.bin)), strip_(std::move(parts.strip)) {
  for (const auto kind : {MEDIA_KIND_AUDIO, MEDIA_KIND_VIDEO}) {
    const auto name = graph::to_text(kind);
    if (kind == parts.kind) {
      ports_.sinks.push_back(
          {.name = name, .kind = kind, .accepts = {graph::raw()}, .media = strip_->inlet()});
      ports_.sources.push_back(
          {.name = name, .kind = kind, .offers = {graph::raw()}, .media = strip_->fan_out()});
    } else {
      ports_.sinks.push_back({.name = name, .kind = kind});
      ports_.sources.push_back({.name = name, .kind = kind, .reoffers = name});
    }
  }
  host().processing().add(strip_->bin(), [this](const Status& status) { host().fail(status); });
}

Status GStreamerFilterElement::set_property(const v1::SetPropertyRequest& request) {
  const auto element = gst::find_element(bin_, request.element());
  if (!element) {
    return error(
        StatusCode::kInvalidArgument, "UNKNOWN_PROPERTY",
        fmt::format("the bin has no element \"{}\": give its name, or its factory when it occurs once",
                    request.element()));
  }
  const auto allowed = BinPolicy(host().config()).check_property(request.property(), request.value());
  if (!allowed.ok()) return allowed;
  return gst::set_property(element.get(), request.property(), request.value());
}

void GStreamerFilterElement::close(Done done) { host().processing().remove(strip_->bin(), std::move(done)); }

}  // namespace kms::gstreamer_filter

namespace kms {

void declare_gstreamer_filter(graph::Catalog& catalog) {
  using v1::DIRECTION_SINK;
  using v1::DIRECTION_SOURCE;
  using v1::MEDIA_KIND_AUDIO;
  using v1::MEDIA_KIND_VIDEO;
  catalog.add(graph::define<gstreamer_filter::v1::GStreamerFilterOptions>(
      {.title = "GStreamerFilter",
       .summary =
           "Runs sound or pictures through a GStreamer bin of transforms that the application describes.",
       .ports = {{"audio", DIRECTION_SINK, MEDIA_KIND_AUDIO, {graph::raw()}},
                 {"video", DIRECTION_SINK, MEDIA_KIND_VIDEO, {graph::raw()}},
                 {"audio", DIRECTION_SOURCE, MEDIA_KIND_AUDIO, {graph::raw()}},
                 {"video", DIRECTION_SOURCE, MEDIA_KIND_VIDEO, {graph::raw()}}},
       .service = "kms.gstreamer_filter.v1.GStreamerFilterService",
       .needs = {"videoconvert", "audioconvert", "audioresample"}},
      gstreamer_filter::GStreamerFilterElement::create));
}

}  // namespace kms
