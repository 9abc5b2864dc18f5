// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "kms-core/graph/hub_ports.hpp"
#include "kms-core/graph/names.hpp"

namespace kms::graph {
namespace {

// As a person would call it: PlayerEndpoint "player".
std::string called(const Slot& slot) { return fmt::format("{} \"{}\"", slot.kind().title, slot.id()); }

template <typename Port>
std::string names_of(const std::vector<Port>& ports, const char* direction) {
  std::string out;
  for (const auto& port : ports) out += (out.empty() ? "" : ", ") + port.name;
  return fmt::format("{} ports: {}", direction, out.empty() ? "none" : out);
}

std::string sources_of(const Slot& slot) { return names_of(slot.element().ports().sources, "source"); }
std::string sinks_of(const Slot& slot) { return names_of(slot.element().ports().sinks, "sink"); }

Status port_not_found(const Slot& slot, const std::string& port, const std::string& there) {
  return about(error(StatusCode::kNotFound, "PORT_NOT_FOUND",
                     fmt::format("{} has no port \"{}\" there; {}", called(slot), excerpt(port), there)),
               slot.name());
}

template <typename Port>
bool has_port(const std::vector<Port>& ports, const std::string& asked) {
  return std::any_of(ports.begin(), ports.end(),
                     [&](const Port& port) { return is_called(port.name, port.kind, asked); });
}

template <typename Port>
const Port* port_called(const std::vector<Port>& ports, MediaKind kind, const std::string& asked) {
  const auto found = std::find_if(ports.begin(), ports.end(), [&](const Port& port) {
    return port.kind == kind && is_called(port.name, kind, asked);
  });
  return found == ports.end() ? nullptr : &*found;
}

// A port that an end of a link names, and the end does not have.
Status check_source_port(const Slot& slot, const std::string& port) {
  const bool there = port.empty() || has_port(slot.element().ports().sources, port);
  return there ? ok() : port_not_found(slot, port, sources_of(slot));
}

Status check_sink_port(const Slot& slot, const std::string& port) {
  const bool there = port.empty() || has_port(slot.element().ports().sinks, port);
  return there ? ok() : port_not_found(slot, port, sinks_of(slot));
}

Status kind_mismatch(const v1::LinkSpec& spec) {
  return error(StatusCode::kInvalidArgument, "KIND_MISMATCH",
               fmt::format("\"{}\" and \"{}\" are not ports of the same kind as asked for",
                           spec.source_port(), spec.sink_port()));
}

bool fits(MediaKind wanted, MediaKind kind) { return wanted == v1::MEDIA_KIND_UNSPECIFIED || wanted == kind; }

// Who connects two endpoints for a call does not mean that what their pages send each other's server as data.
bool is_meant(const v1::LinkSpec& spec, MediaKind kind) {
  const bool named = !spec.source_port().empty() || !spec.sink_port().empty();
  return kind == v1::MEDIA_KIND_DATA ? spec.kind() == kind || named : fits(spec.kind(), kind);
}

bool matches(const v1::LinkSpec& spec, const Link& link) {
  return fits(spec.kind(), link.kind) &&
         (spec.source_port().empty() || is_called(link.source.port, link.kind, spec.source_port())) &&
         (spec.sink_port().empty() || is_called(link.sink.port, link.kind, spec.sink_port()));
}

// The first port of a kind; for a sink, a free one before a taken one.
const SourcePort* first_source(const Slot& slot, MediaKind kind) {
  const auto& ports = slot.element().ports().sources;
  const auto found =
      std::find_if(ports.begin(), ports.end(), [&](const auto& port) { return port.kind == kind; });
  return found == ports.end() ? nullptr : &*found;
}

const SinkPort* first_sink(const Slot& slot, MediaKind kind, const Links& links) {
  const SinkPort* taken = nullptr;
  for (const auto& port : slot.element().ports().sinks) {
    if (port.kind != kind) continue;
    if (!links.contains({slot.id(), port.name})) return &port;
    if (taken == nullptr) taken = &port;
  }
  return taken;
}

struct Wanted {
  const Slot& source;
  const Slot& sink;
  const v1::LinkSpec& spec;
  const Links& links;
};

std::optional<Link> pair_of_kind(const Wanted& wanted, MediaKind kind) {
  const auto& spec = wanted.spec;
  const auto* from = spec.source_port().empty()
                         ? first_source(wanted.source, kind)
                         : port_called(wanted.source.element().ports().sources, kind, spec.source_port());
  const auto* to = spec.sink_port().empty()
                       ? first_sink(wanted.sink, kind, wanted.links)
                       : port_called(wanted.sink.element().ports().sinks, kind, spec.sink_port());
  if (from == nullptr || to == nullptr) return std::nullopt;
  return Link{{wanted.source.id(), from->name}, {wanted.sink.id(), to->name}, kind};
}

}  // namespace

// Each element is looked at once: with audio and video side by side there are 2^n ways through n elements.
bool reaches(const Slots& slots, const Links& links, const std::string& from, const std::string& to) {
  const auto is_endpoint = [&](const std::string& id) { return slots.at(id)->kind().endpoint; };
  if (is_endpoint(from)) return false;
  std::set<std::string> seen = {from};
  std::vector<std::string> next = {from};
  while (!next.empty() && !seen.contains(to)) {
    const auto element = std::move(next.back());
    next.pop_back();
    for (const auto& [sink, link] : links) {
      if (link.source.element != element || is_endpoint(sink.element)) continue;
      if (seen.insert(sink.element).second) next.push_back(sink.element);
    }
  }
  return seen.contains(to);
}

Result<const Slot*> LinkReader::find(const std::string& id_or_name) const {
  const auto prefix = session_ + "/elements/";
  const auto id = id_or_name.starts_with(prefix) ? id_or_name.substr(prefix.size()) : id_or_name;
  const auto found = slots_.find(id);
  if (found != slots_.end() && found->second->filled() && !found->second->closing())
    return found->second.get();
  return no_such_element(id_or_name);
}

Status LinkReader::no_such_element(const std::string& id_or_name) const {
  const auto fault = [](const std::string& text, const std::string& resource) {
    return about(error(StatusCode::kNotFound, "ELEMENT_NOT_FOUND", text), resource);
  };
  if (id_or_name.empty())
    return fault("a link needs a source and a sink, each an element's id or name; one is empty", session_);
  const bool is_elsewhere = id_or_name.starts_with("sessions/") && id_or_name != session_ &&
                            !id_or_name.starts_with(session_ + "/");
  if (is_elsewhere) {
    return fault(fmt::format("{} is of another session; links are between elements of one, here {}",
                             id_or_name, session_),
                 id_or_name);
  }
  const auto prefix = session_ + "/elements/";
  return fault(fmt::format("{} has no element \"{}\"", session_, id_or_name),
               id_or_name.starts_with(prefix) ? id_or_name : element_name(session_, id_or_name));
}

Result<std::vector<Link>> LinkReader::to_connect(const v1::LinkSpec& spec, const Links& links) const {
  const auto source = find(spec.source());
  if (!source.ok()) return source.status();
  const auto sink = find(spec.sink());
  if (!sink.ok()) return sink.status();
  if (reaches(slots_, links, (*sink)->id(), (*source)->id())) {
    return about(error(StatusCode::kFailedPrecondition, "LOOP",
                       fmt::format("media of {} would come back to it", (*source)->name())),
                 (*source)->name());
  }
  return pair_ports(spec, **source, **sink, links);
}

Result<std::vector<Link>> LinkReader::pair_ports(const v1::LinkSpec& spec, const Slot& source,
                                                 const Slot& sink, const Links& links) const {
  auto there = check_source_port(source, spec.source_port());
  if (there.ok()) there = check_sink_port(sink, spec.sink_port());
  if (!there.ok()) return there;
  std::vector<Link> out;
  for (const auto kind : {v1::MEDIA_KIND_AUDIO, v1::MEDIA_KIND_VIDEO, v1::MEDIA_KIND_DATA}) {
    if (!is_meant(spec, kind)) continue;
    if (const auto link = pair_of_kind({source, sink, spec, links}, kind)) out.push_back(*link);
  }
  if (!out.empty()) return out;
  if (!spec.source_port().empty() || !spec.sink_port().empty())
    return about(kind_mismatch(spec), source.name());
  return about(error(StatusCode::kInvalidArgument, "NO_COMMON_KIND",
                     fmt::format("{} ({}) sends nothing of a kind that {} ({}) takes", called(source),
                                 sources_of(source), called(sink), sinks_of(sink))),
               source.name());
}

Result<std::vector<Link>> LinkReader::to_disconnect(const v1::LinkSpec& spec, const Links& links) const {
  std::string source;
  std::string sink;
  if (spec.source().empty() && spec.sink().empty()) {
    return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS", "name the source, the sink, or both");
  }
  for (const auto& [asked, id] : {std::pair{&spec.source(), &source}, std::pair{&spec.sink(), &sink}}) {
    if (asked->empty()) continue;
    const auto slot = find(*asked);
    if (!slot.ok()) return slot.status();
    *id = (*slot)->id();
    const auto there = id == &source ? check_source_port(**slot, spec.source_port())
                                     : check_sink_port(**slot, spec.sink_port());
    if (!there.ok()) return there;
  }
  std::vector<Link> out;
  for (const auto& [key, link] : links) {
    const bool ends =
        (source.empty() || link.source.element == source) && (sink.empty() || link.sink.element == sink);
    if (ends && matches(spec, link)) out.push_back(link);
  }
  if (out.empty()) {
    return error(StatusCode::kNotFound, "LINK_NOT_FOUND",
                 fmt::format("no link from \"{}\" to \"{}\" matches", spec.source(), spec.sink()));
  }
  return out;
}

}  // namespace kms::graph
