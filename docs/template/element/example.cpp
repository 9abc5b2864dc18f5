// SPDX-License-Identifier: Apache-2.0
#include "filters/example/example_element.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms {

// What the kind says about itself, before any element of it lives.
void declare_example(graph::Catalog& catalog) {
  using example::v1::ExampleOptions;
  catalog.add(graph::define<ExampleOptions>(
      {.title = "ExampleFilter",
       .summary = "Makes pictures brighter or darker.",
       .ports = {{"audio", v1::DIRECTION_SINK, v1::MEDIA_KIND_AUDIO, {}},
                 {"video", v1::DIRECTION_SINK, v1::MEDIA_KIND_VIDEO, {graph::raw()}},
                 {"audio", v1::DIRECTION_SOURCE, v1::MEDIA_KIND_AUDIO, {}},
                 {"video", v1::DIRECTION_SOURCE, v1::MEDIA_KIND_VIDEO, {graph::raw()}}},
       .service = "kms.example.v1.ExampleService",
       .events = {"kms.example.v1.BrightnessChanged"},
       .needs = {"videoconvert", "videobalance"}},
      example::ExampleElement::create));
}

}  // namespace kms
