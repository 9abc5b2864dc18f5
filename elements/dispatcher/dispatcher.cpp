// SPDX-License-Identifier: Apache-2.0
#include "elements/dispatcher/dispatcher_element.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms {

void declare_dispatcher(graph::Catalog& catalog) {
  using dispatcher::v1::DispatcherOptions;
  catalog.add(graph::define<DispatcherOptions>(
      {.title = "Dispatcher",
       .summary = "A hub that hands on what enters at any of its hub ports to any others.",
       .ports = graph::HubPorts::declared({v1::MEDIA_KIND_AUDIO, v1::MEDIA_KIND_VIDEO}),
       .service = "kms.dispatcher.v1.DispatcherService",
       .events = {"kms.dispatcher.v1.ConnectionChanged"}},
      dispatcher::DispatcherElement::create));
}

}  // namespace kms
