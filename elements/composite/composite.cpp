// SPDX-License-Identifier: Apache-2.0
#include "elements/composite/composite_element.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms {

void declare_composite(graph::Catalog& catalog) {
  using v1::DIRECTION_SOURCE;
  using v1::MEDIA_KIND_AUDIO;
  using v1::MEDIA_KIND_VIDEO;
  auto ports = graph::HubPorts::declared({MEDIA_KIND_AUDIO, MEDIA_KIND_VIDEO});
  ports.push_back({"audio",
                   DIRECTION_SOURCE,
                   MEDIA_KIND_AUDIO,
                   {graph::rtp("OPUS"), graph::encoded("OPUS"), graph::raw()}});
  ports.push_back({"video", DIRECTION_SOURCE, MEDIA_KIND_VIDEO, {graph::raw()}});
  catalog.add(graph::define<composite::v1::CompositeOptions>(
      {.title = "Composite",
       .summary =
           "Makes one picture and one sound of many; nobody hears himself, and layouts change at any time.",
       .ports = std::move(ports),
       .service = "kms.composite.v1.CompositeService",
       .events = {"kms.composite.v1.ActiveSpeakerChanged"},
       .needs = {"audioconvert", "audioresample", "videoconvert"}},
      composite::CompositeElement::create));
}

}  // namespace kms
