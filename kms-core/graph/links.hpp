// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "kms-core/graph/slot.hpp"
#include "kms/v1/graph.pb.h"

namespace kms::graph {

struct PortRef {
  std::string element;  // id
  std::string port;
  auto operator<=>(const PortRef&) const = default;
};

struct Link {
  PortRef source;
  PortRef sink;
  MediaKind kind;
};

// By sink: a sink has one source at most.
using Links = std::map<PortRef, Link>;

// Reads LinkSpecs against the elements of a session. Control loop.
class LinkReader {
 public:
  LinkReader(const std::string& session, const Slots& slots) : session_(session), slots_(slots) {}

  // The links that the spec asks for, not yet in `links`; may replace some there. Errors: ELEMENT_NOT_FOUND,
  // PORT_NOT_FOUND, KIND_MISMATCH, NO_COMMON_KIND, LOOP.
  Result<std::vector<Link>> to_connect(const v1::LinkSpec& spec, const Links& links) const;

  // The links there that the spec matches. Errors: ELEMENT_NOT_FOUND, LINK_NOT_FOUND.
  Result<std::vector<Link>> to_disconnect(const v1::LinkSpec& spec, const Links& links) const;

 private:
  Result<const Slot*> find(const std::string& id_or_name) const;
  Status no_such_element(const std::string& id_or_name) const;
  Result<std::vector<Link>> pair_ports(const v1::LinkSpec& spec, const Slot& source, const Slot& sink,
                                       const Links& links) const;

  const std::string& session_;
  const Slots& slots_;
};

// True when media that leaves `from` can come to `to`. What goes into an endpoint comes out nowhere.
bool reaches(const Slots& slots, const Links& links, const std::string& from, const std::string& to);

}  // namespace kms::graph
