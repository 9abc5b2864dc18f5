// SPDX-License-Identifier: Apache-2.0
#include "elements/dispatcher_one_to_many/one_to_many_element.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms {

void declare_dispatcher_one_to_many(graph::Catalog& catalog) {
  using dispatcher_one_to_many::v1::DispatcherOneToManyOptions;
  catalog.add(graph::define<DispatcherOneToManyOptions>(
      {.title = "DispatcherOneToMany",
       .summary = "A hub that hands on what enters at one of its hub ports to all of them.",
       .ports = graph::HubPorts::declared({v1::MEDIA_KIND_AUDIO, v1::MEDIA_KIND_VIDEO}),
       .service = "kms.dispatcher_one_to_many.v1.DispatcherOneToManyService",
       .events = {"kms.dispatcher_one_to_many.v1.SourceChanged"}},
      dispatcher_one_to_many::OneToManyElement::create));
}

}  // namespace kms
