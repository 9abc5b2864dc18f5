// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/wanted_size.hpp"

#include <optional>

namespace kms::graph {
namespace {

using Wish = std::optional<rtc::PictureSize>;  // nothing: nobody wants any

// Zeros are the most that can be wanted.
void add(Wish& wish, const rtc::PictureSize& other) {
  if (!wish) {
    wish = other;
  } else if (wish->pixels() == 0 || other.pixels() == 0) {
    wish = rtc::PictureSize{};
  } else if (other.pixels() > wish->pixels()) {
    wish = other;
  }
}

// Loops are no matter: media that left an element comes back to it through an endpoint only.
class Wishes {
 public:
  Wishes(const Slots& slots, const Links& links) : slots_(slots), links_(links) {}

  Wish of_port(const PortRef& producer, const std::function<bool(const PortRef& sink)>& counts) const {
    Wish wish;
    for (const auto& [sink, link] : links_) {
      if (link.kind != v1::MEDIA_KIND_VIDEO || !counts(sink)) continue;
      const auto from = producer_of(slots_, links_, link.source);
      if (from && from.ref() == producer) add(wish, of_sink(sink).value_or(rtc::PictureSize{}));
    }
    return wish;
  }

 private:
  Wish of_sink(const PortRef& sink) const {
    const auto& slot = *slots_.at(sink.element);
    const auto* port = slot.sink(sink.port);
    if (port == nullptr || slot.kind().endpoint) return std::nullopt;
    if (port->wants.pixels() > 0) return port->wants;
    Wish wish;
    for (const auto& source : slot.element().ports().sources) {
      const bool makes = source.kind == port->kind && source.reoffers.empty() && source.same_as.empty();
      if (!makes) continue;
      const auto wanted = of_port({sink.element, source.name}, [](const PortRef&) { return true; });
      if (wanted) add(wish, *wanted);
    }
    return wish;
  }

  const Slots& slots_;
  const Links& links_;
};

}  // namespace

rtc::PictureSize wanted_size(const Slots& slots, const Links& links, const PortRef& producer,
                             const std::function<bool(const PortRef& sink)>& counts) {
  return Wishes(slots, links).of_port(producer, counts).value_or(rtc::PictureSize{});
}

}  // namespace kms::graph
