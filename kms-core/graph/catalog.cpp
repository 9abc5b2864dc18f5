// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/catalog.hpp"

#include <fmt/format.h>

#include "kms-core/gst/factory.hpp"

namespace kms::graph {

void Catalog::add(Kind kind) {
  auto name = kind.options;
  kinds_.insert_or_assign(std::move(name), std::move(kind));
}

const Kind* Catalog::find(const std::string& options) const {
  const auto found = kinds_.find(options);
  return found == kinds_.end() ? nullptr : &found->second;
}

std::string Catalog::missing(const Kind& kind) {
  for (const auto& factory : kind.needs) {
    if (!gst::has_factory(factory)) return factory;
  }
  return {};
}

v1::ElementKind Catalog::describe(const Kind& kind) {
  v1::ElementKind out;
  out.set_kind(kind.options);
  out.set_title(kind.title);
  out.set_summary(kind.summary);
  for (const auto& spec : kind.ports) {
    auto* port = out.add_ports();
    port->set_name(spec.name);
    port->set_direction(spec.direction);
    port->set_kind(spec.kind);
    for (const auto& format : spec.formats) *port->add_formats() = to_proto(format);
  }
  out.set_service(kind.service);
  for (const auto& event : kind.events) out.add_events(event);
  for (const auto& factory : kind.needs) out.add_needs(factory);
  const auto gap = missing(kind);
  out.set_available(gap.empty());
  if (!gap.empty()) out.set_unavailable_reason(fmt::format("GStreamer has no element {}", gap));
  return out;
}

Status bad_options(const std::string& type, const std::string& why) {
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
               fmt::format("options of type {}: {}", type, why));
}

Status invalid_option(const std::string& field, const std::string& why) {
  return error(StatusCode::kInvalidArgument, ErrorInfo{"INVALID_OPTIONS", {}, {{"field", field}}},
               fmt::format("{}: {}", field, why));
}

}  // namespace kms::graph
