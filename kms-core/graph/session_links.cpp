// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <set>

#include "kms-core/graph/session_impl.hpp"

namespace kms::graph {

// Adds what the spec asks for to `next`; checks that media can go there.
Status Session::Impl::add_link(const v1::LinkSpec& spec, Links& next, std::vector<Link>& added) const {
  auto found = LinkReader(description.name(), slots).to_connect(spec, next);
  if (!found.ok()) return found.status();
  for (auto& link : *found) {
    next.insert_or_assign(link.sink, link);
    const auto way = wiring.way(slots, next, link);
    if (!way.ok()) return about(way.status(), slots.at(link.sink.element)->name());
    added.push_back(std::move(link));
  }
  return room_for_links(next.size());
}

Status Session::Impl::room_for_links(size_t count) const {
  const auto most = environment.config.limits.links_per_session;
  if (count <= most) return ok();
  return about(
      error(StatusCode::kResourceExhausted, ErrorInfo{"LINK_QUOTA", {}, {{"quota", std::to_string(most)}}},
            fmt::format("a session has at most {} links (limits.links_per_session)", most)),
      description.name());
}

void Session::Impl::ports_changed() {
  Links next = links;
  std::erase_if(next, [&](const auto& entry) {
    const auto& [sink, link] = entry;
    return slots.at(link.source.element)->source(link.source.port) == nullptr ||
           slots.at(sink.element)->sink(sink.port) == nullptr;
  });
  for (const auto& [id, slot] : slots) {
    if (slot->admitted()) flow.follow_ports(*slot);
  }
  if (speakers.follow(slots)) tell_speaker();
  if (next.size() != links.size()) {
    commit(std::move(next), "PORT_ENDED");
  } else {
    wiring.update(slots, links);
  }
  look_for_flow();
}

// As they run, before others take their places.
std::map<PortRef, v1::Link> Session::Impl::ended_by(const Links& next) const {
  std::map<PortRef, v1::Link> out;
  for (const auto& [sink, link] : links) {
    const auto now = next.find(sink);
    if (now == next.end() || !(now->second.source == link.source)) out.emplace(sink, describe(link));
  }
  return out;
}

void Session::Impl::tell_disconnected(const Link& link, v1::Link as_it_was, const std::string& reason) {
  auto gone = slots.at(link.sink.element)->event();
  *gone.mutable_link_disconnected()->mutable_link() = std::move(as_it_was);
  gone.mutable_link_disconnected()->set_reason(reason);
  event(std::move(gone));
}

// Elements hear which of their source ports have takers now, and which have none any more.
void Session::Impl::tell_sources(const Links& before) const {
  std::set<PortRef> had;
  std::set<PortRef> have;
  for (const auto& [sink, link] : before) had.insert(link.source);
  for (const auto& [sink, link] : links) have.insert(link.source);
  const auto tell = [this](const PortRef& ref, bool linked) {
    const auto slot = slots.find(ref.element);
    const auto* port = slot == slots.end() ? nullptr : slot->second->source(ref.port);
    if (port != nullptr) slot->second->element().source_linked(*port, linked);
  };
  for (const auto& ref : had) {
    if (!have.contains(ref)) tell(ref, false);
  }
  for (const auto& ref : have) {
    if (!had.contains(ref)) tell(ref, true);
  }
}

// Makes `next` the links of the session: media first, then the sinks' elements and the subscribers hear of
// it.
void Session::Impl::commit(Links next, const std::string& reason) {
  auto ended = ended_by(next);
  const auto before = std::exchange(links, std::move(next));
  wiring.update(slots, links);
  for (auto& [sink, link] : ended) {
    tell_disconnected(before.at(sink), std::move(link), reason);
    auto& slot = *slots.at(sink.element);
    const auto* port = slot.sink(sink.port);
    if (!links.contains(sink) && port != nullptr) slot.element().sink_linked(*port, false);
  }
  for (const auto& [sink, link] : links) {
    const auto old = before.find(sink);
    if (old != before.end() && old->second.source == link.source) continue;
    auto& slot = *slots.at(sink.element);
    auto made = slot.event();
    *made.mutable_link_connected()->mutable_link() = describe(link);
    event(std::move(made));
    if (old == before.end()) slot.element().sink_linked(*slot.sink(sink.port), true);
  }
  tell_sources(before);
  look_for_flow();
}

Result<std::vector<v1::Link>> Session::connect(const v1::LinkSpec& spec) {
  v1::ApplyGraphRequest one;
  *one.add_links() = spec;
  auto applied = apply(one);
  if (!applied.ok()) return applied.status();
  return std::vector<v1::Link>(applied->links().begin(), applied->links().end());
}

Result<uint32_t> Session::disconnect(const v1::LinkSpec& spec) {
  auto found = LinkReader(name(), impl_->slots).to_disconnect(spec, impl_->links);
  if (!found.ok()) return found.status();
  Links next = impl_->links;
  for (const auto& link : *found) next.erase(link.sink);
  impl_->commit(std::move(next), "CLIENT_REQUEST");
  return static_cast<uint32_t>(found->size());
}

std::set<std::string> Session::sources_of(const std::string& element_id) const {
  std::set<std::string> out;
  const auto& links = impl_->links;
  for (auto at = links.lower_bound({element_id, {}}); at != links.end() && at->first.element == element_id;
       ++at)
    out.insert(at->second.source.element);
  return out;
}

std::vector<v1::Link> Session::list_links() const {
  std::vector<v1::Link> out;
  for (const auto& [sink, link] : impl_->links) out.push_back(impl_->describe(link));
  return out;
}

}  // namespace kms::graph
