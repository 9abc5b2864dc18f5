// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/producer.hpp"

namespace kms::graph {
namespace {

// The one link that brings an element media of a kind; null when there is none, or several.
const Link* only_input(const Links& links, const std::string& element, MediaKind kind) {
  const Link* found = nullptr;
  for (auto at = links.lower_bound({element, {}}); at != links.end() && at->first.element == element; ++at) {
    if (at->second.kind != kind) continue;
    if (found != nullptr) return nullptr;
    found = &at->second;
  }
  return found;
}

}  // namespace

Producer producer_of(const Slots& slots, const Links& links, const PortRef& source) {
  const auto slot = slots.find(source.element);
  if (slot == slots.end() || !slot->second->filled()) return {};
  const auto* port = slot->second->source(source.port);
  if (port != nullptr && !port->same_as.empty())
    return {slot->second.get(), slot->second->source(port->same_as)};
  if (port == nullptr || port->reoffers.empty()) return {slot->second.get(), port};
  const auto upstream = links.find({source.element, port->reoffers});
  return upstream == links.end() ? Producer{} : producer_of(slots, links, upstream->second.source);
}

std::string origin_of(const Slots& slots, const Links& links, const Producer& producer) {
  if (!producer.port->cname.empty()) return producer.port->cname;
  const auto* input =
      producer.slot->kind().endpoint ? nullptr : only_input(links, producer.slot->id(), producer.port->kind);
  const auto upstream = input == nullptr ? Producer{} : producer_of(slots, links, input->source);
  return upstream ? origin_of(slots, links, upstream) : producer.slot->name();
}

}  // namespace kms::graph
