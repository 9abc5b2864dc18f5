// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kms-core/graph/conversions.hpp"

namespace kms::graph {

// Makes media go where the links say: finds each sink's true source, asks the planner for the way, runs what
// is needed on it (Conversions) and ends what nobody takes from any more. Control loop.
class Wiring {
 public:
  Wiring(Conversions::Owner owner, bool refuse_transcoding)
      : conversions_(std::move(owner)), refuse_transcoding_(refuse_transcoding) {}

  // Brings everything in line with elements and links. Cheap when nothing changed.
  void update(Slots& slots, const Links& links);

  // What the planner says of a link, before it is made.
  Result<Way> way(const Slots& slots, const Links& links, const Link& link) const;

  std::vector<Conversions::Running> transcoders() const { return conversions_.transcoders(); }
  std::vector<Conversions::RunningBridge> bridges() const { return conversions_.bridges(); }
  // Links whose media goes through it.
  size_t takers(const Conversions::Key& key) const;
  // The way of a link as it is; unknown when none.
  Way way_of(const PortRef& sink) const;

 private:
  struct Attachment {
    Way way;
    std::string error;  // reason told already
    std::vector<Conversions::Key> through;
  };

  Result<Way> choose(const Producer& producer, const SinkPort& sink) const;
  Result<Way> plan(const Producer& producer, const SinkPort& sink, const Attachment& now) const;
  void wire(Slots& slots, const Links& links, const Link& link);
  void tell_wishes(const Slots& slots, const Links& links);
  static void release_unlinked(const Slots& slots, const Links& links);

  Conversions conversions_;
  const bool refuse_transcoding_;
  const Abilities abilities_ = Abilities::of_this_machine();
  std::map<PortRef, Attachment> attachments_;  // by sink
};

}  // namespace kms::graph
