// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/graph/links.hpp"

namespace kms::graph {

// The port that media of a link truly comes from: ports that only re-offer are seen through.
struct Producer {
  Slot* slot = nullptr;
  const SourcePort* port = nullptr;
  explicit operator bool() const { return port != nullptr; }
  PortRef ref() const { return {slot->id(), port->name}; }
};

// Nothing when a re-offered sink port has no source.
Producer producer_of(const Slots& slots, const Links& links, const PortRef& source);

// The name of where the media was before it was filtered or mixed; what has one name is played in sync (RTCP
// CNAME, RFC 7022). That of the peer it came from, or else of the element that made it.
std::string origin_of(const Slots& slots, const Links& links, const Producer& producer);

}  // namespace kms::graph
