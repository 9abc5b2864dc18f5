// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/catalog.hpp"
#include "kms/pass_through/v1/pass_through.pb.h"

namespace kms::pass_through {

// Its source ports re-offer what its sink ports get: the planner sees through it, and media never touches it.
class PassThroughElement : public graph::Element {
 public:
  explicit PassThroughElement(graph::ElementHost& element_host) : Element(element_host) {
    for (const auto& [name, kind] :
         {std::pair{"audio", kms::v1::MEDIA_KIND_AUDIO}, std::pair{"video", kms::v1::MEDIA_KIND_VIDEO}}) {
      ports_.sinks.push_back({.name = name, .kind = kind});
      ports_.sources.push_back({.name = name, .kind = kind, .reoffers = name});
    }
  }
};

}  // namespace kms::pass_through

namespace kms {

void declare_pass_through(graph::Catalog& catalog) {
  using v1::DIRECTION_SINK;
  using v1::DIRECTION_SOURCE;
  using v1::MEDIA_KIND_AUDIO;
  using v1::MEDIA_KIND_VIDEO;
  const auto create =
      [](graph::ElementHost& host,
         const pass_through::v1::PassThroughOptions&) -> Result<std::unique_ptr<graph::Element>> {
    return std::make_unique<pass_through::PassThroughElement>(host);
  };
  catalog.add(graph::define<pass_through::v1::PassThroughOptions>(
      {.title = "PassThrough",
       .summary = "A fixed point in the graph: its takers stay linked while its source changes.",
       .ports = {{"audio", DIRECTION_SINK, MEDIA_KIND_AUDIO, {}},
                 {"video", DIRECTION_SINK, MEDIA_KIND_VIDEO, {}},
                 {"audio", DIRECTION_SOURCE, MEDIA_KIND_AUDIO, {}},
                 {"video", DIRECTION_SOURCE, MEDIA_KIND_VIDEO, {}}}},
      +create));
}

}  // namespace kms
