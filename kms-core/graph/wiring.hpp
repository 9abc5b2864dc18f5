// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/graph/links.hpp"
#include "kms-core/graph/planner.hpp"
#include "kms-core/graph/transcoder.hpp"

namespace kms::graph {

// Makes media go where the links say: finds each sink's true source, asks the planner for the way, runs the
// decoders and encoders that are needed (one per source port and format, shared) and ends those that nobody
// takes from any more. Control loop.
class Wiring {
 public:
  struct Owner {
    std::function<gst::Pipeline&()> processing;  // where transcoders live
    bool refuse_transcoding = false;
  };
  explicit Wiring(Owner owner) : owner_(std::move(owner)) {}

  // Brings everything in line with elements and links. Cheap when nothing changed.
  void update(Slots& slots, const Links& links);

  // What the planner says of a link, before it is made.
  Result<Way> way(const Slots& slots, const Links& links, const Link& link) const;

  // What runs now.
  struct Running {
    PortRef source;
    const Transcoder* transcoder;
  };
  std::vector<Running> transcoders() const;
  size_t takers(const Running& running) const;
  // The way of a link as it is; unknown when none.
  Way way_of(const PortRef& sink) const;

 private:
  struct Producer {
    Slot* slot = nullptr;
    const SourcePort* port = nullptr;
    explicit operator bool() const { return port != nullptr; }
  };
  struct Attachment {
    Way way;
    std::string error;  // reason told already
  };
  using Key = std::pair<PortRef, std::string>;  // source port, format in words
  struct Pass;

  static Producer producer_of(const Slots& slots, const Links& links, const PortRef& source);
  Result<Way> choose(const Producer& producer, const SinkPort& sink) const;
  void wire(Pass& pass, const Link& link);
  std::shared_ptr<gst::FanOut> supply(Pass& pass, const Producer& producer, const Way& way);
  Transcoder* need(Pass& pass, const Producer& producer, const Way& step);
  void end_unused(Pass& pass);
  static void tell_started(Slot& slot, const SourcePort& port, const Transcoder& transcoder);

  const Owner owner_;
  const Abilities abilities_ = Abilities::of_this_machine();
  std::map<PortRef, Attachment> attachments_;  // by sink
  std::map<Key, std::unique_ptr<Transcoder>> transcoders_;
};

}  // namespace kms::graph
