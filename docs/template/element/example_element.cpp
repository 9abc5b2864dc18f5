// SPDX-License-Identifier: Apache-2.0
#include "filters/example/example_element.hpp"

#include <fmt/format.h>

#include "kms-core/graph/catalog.hpp"
#include "kms-core/gst/pipeline.hpp"

namespace kms::example {
namespace {

using kms::v1::MEDIA_KIND_AUDIO;
using kms::v1::MEDIA_KIND_VIDEO;

Status check(double brightness) {
  if (brightness >= -1 && brightness <= 1) return ok();
  return graph::invalid_option("brightness", fmt::format("{} is not allowed; -1 to 1", brightness));
}

}  // namespace

Result<std::unique_ptr<graph::Element>> ExampleElement::create(graph::ElementHost& host,
                                                               const v1::ExampleOptions& options) {
  if (auto status = check(options.brightness()); !status.ok()) return status;
  auto strip = gst::Strip::create("example", "videoconvert ! videobalance name=balance");
  if (!strip.ok()) return strip.status();
  g_object_set((*strip)->find("balance").get(), "brightness", options.brightness(), nullptr);
  return std::unique_ptr<graph::Element>(new ExampleElement(host, std::move(*strip)));  // private constructor
}

ExampleElement::ExampleElement(graph::ElementHost& element_host, std::unique_ptr<gst::Strip> strip)
    : Element(element_host), strip_(std::move(strip)) {
  ports_.sinks = {
      {.name = "audio", .kind = MEDIA_KIND_AUDIO},
      {.name = "video", .kind = MEDIA_KIND_VIDEO, .accepts = {graph::raw()}, .media = strip_->inlet()}};
  ports_.sources = {
      {.name = "audio", .kind = MEDIA_KIND_AUDIO, .reoffers = "audio"},
      {.name = "video", .kind = MEDIA_KIND_VIDEO, .offers = {graph::raw()}, .media = strip_->fan_out()}};
  host().processing().add(strip_->bin(), guard_.wrap([this](const Status& status) { host().fail(status); }));
}

Status ExampleElement::set_brightness(double brightness) {
  if (auto status = check(brightness); !status.ok()) return status;
  g_object_set(strip_->find("balance").get(), "brightness", brightness, nullptr);
  v1::BrightnessChanged event;
  event.set_brightness(brightness);
  host().emit(event);
  return ok();
}

void ExampleElement::close(Done done) {
  guard_.reset();  // nothing that is still on its way reaches us
  host().processing().remove(strip_->bin(), std::move(done));
}

}  // namespace kms::example
