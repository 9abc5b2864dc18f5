// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/session.hpp"

#include <fmt/format.h>

#include <set>

#include "kms-core/graph/labels.hpp"
#include "kms-core/graph/names.hpp"
#include "kms-core/graph/session_impl.hpp"
#include "kms-core/rtc/forwarding/loudest_sources.hpp"

namespace kms::graph {
namespace {

constexpr std::chrono::milliseconds kTick{1000};
constexpr std::chrono::milliseconds kSessionLook{50};

EventLog::Limits event_limits(const Config& config) {
  return {config.limits.event_ring, config.limits.subscriber_queue, config.limits.subscribers_per_session};
}

std::shared_ptr<rtc::LoudestSources> loudest_of(const v1::Session& session) {
  const auto most = session.max_audible();
  return most == 0 ? nullptr : std::make_shared<rtc::LoudestSources>(most);
}

Status element_not_found(const std::string& name) {
  return about(error(StatusCode::kNotFound, "ELEMENT_NOT_FOUND", fmt::format("there is no element {}", name)),
               name);
}

// Two new elements of one request must not have the same id.
Status check_ids_differ(const v1::ApplyGraphRequest& request) {
  std::set<std::string> ids;
  for (const auto& spec : request.elements()) {
    if (spec.element_id().empty() || ids.insert(spec.element_id()).second) continue;
    return error(StatusCode::kInvalidArgument, "DUPLICATE_ID",
                 fmt::format("the request has two elements with the id \"{}\"", spec.element_id()));
  }
  return ok();
}

}  // namespace

Session::Impl::Impl(Environment& env, Loop& session_loop, v1::Session session_description)
    : environment(env),
      loop_(session_loop),
      description(std::move(session_description)),
      events(event_limits(env.config)),
      loudest_(loudest_of(description)),
      wiring({[this]() -> gst::Pipeline& { return processing(); }, env.rtc},
             description.refuse_transcoding()) {}

gst::Pipeline& Session::Impl::processing() {
  if (!pipeline) {
    pipeline = std::make_unique<gst::Pipeline>(
        description.name(),
        gst::Pipeline::Where{loop_, environment.workers, config().pipelines.state_deadline});
    pipeline->start([](const Status&) {});
  }
  return *pipeline;
}

Status Session::Impl::room_for(size_t elements) const {
  const auto most = environment.config.limits.elements_per_session;
  if (slots.size() + elements <= most) return ok();
  return about(
      error(StatusCode::kResourceExhausted, ErrorInfo{"ELEMENT_QUOTA", {}, {{"quota", std::to_string(most)}}},
            fmt::format("a session has at most {} elements (limits.elements_per_session)", most)),
      description.name());
}

Result<std::unique_ptr<Slot>> Session::Impl::make_slot(const v1::ElementSpec& asked) {
  auto spec = asked;
  auto id = id_or_new(asked.element_id());
  if (!id.ok()) return about(id.status(), description.name());
  if (auto labels = check_labels(asked.display_name(), asked.tags()); !labels.ok()) {
    return about(labels, description.name());
  }
  const auto name = element_name(description.name(), *id);
  if (slots.contains(*id)) {
    return about(error(StatusCode::kAlreadyExists, "ELEMENT_EXISTS", fmt::format("{} exists already", name)),
                 name);
  }
  spec.set_element_id(*id);
  auto slot = std::make_unique<Slot>(*this, name, spec);
  auto status = slot->fill(environment.catalog);
  if (!status.ok()) return status;
  return slot;
}

// `made` are in `slots` afterwards, also when one fails.
Status Session::Impl::make_elements(const v1::ApplyGraphRequest& request, std::vector<std::string>& made) {
  for (const auto& spec : request.elements()) {
    auto slot = make_slot(spec);
    if (!slot.ok()) return slot.status();
    made.push_back((*slot)->id());
    const auto& kept = *(slots[made.back()] = *std::move(slot));
    if (!kept.failure().ok()) return about(kept.failure(), kept.name());
  }
  return ok();
}

void Session::Impl::admit(Slot& slot) {
  slot.admit();
  flow.add(slot);
  auto created = slot.event();
  created.mutable_element_created()->set_kind(slot.kind().options);
  event(std::move(created));
  watch_flow();
}

void Session::Impl::discard(const std::string& id) {
  auto slot = std::shared_ptr<Slot>(std::move(slots.at(id)));
  slots.erase(id);
  ++discarding;  // it needs its session until it is closed
  slot->close(guard.wrap([this, slot](const Status&) {
    loop_.post([slot] {});  // later: the element that answers is still on the stack
    --discarding;
    close_if_empty();
  }));
}

void Session::Impl::watch_flow() {
  if (ticks.is_running()) return;  // begun anew with each element, it might never come to a tick
  ticks = loop_.every(kTick, [this] { flow.tick(); });
}

// The RTP plane tells nobody of a first packet: it is looked for while one is expected.
void Session::Impl::look_for_flow() {
  if (looks.is_running() || !flow.expects_packets()) return;
  looks = loop_.every(kSessionLook, [this] {
    flow.look();
    if (!flow.expects_packets()) looks.stop();
  });
}

void Session::Impl::stop_timers() {
  for (auto* timer : {&ticks, &looks, &listens}) timer->stop();
}

void Session::Impl::packets_ended() {
  flow.look();
  look_for_flow();
}

// Looked for while somebody speaks, which the RTC plane tells.
void Session::Impl::voice_began() {
  if (listens.is_running()) return;
  listens = loop_.every(DominantSpeaker::kStep, [this] {
    if (speakers.look(slots, rtc::Clock::now())) tell_speaker();
    if (speakers.at_rest()) listens.stop();
  });
}

void Session::Impl::tell_speaker() {
  v1::Event changed;
  changed.set_source(description.name());
  auto& payload = *changed.mutable_active_speaker_changed();
  if (const auto& speaker = speakers.speaker()) {
    payload.set_element(element_name(description.name(), speaker->element));
    payload.set_port(speaker->port);
  }
  event(std::move(changed));
}

Result<Slot*> Session::Impl::find(const std::string& name) const {
  const auto parsed = parse_element_name(name);
  if (!parsed.ok()) return parsed.status();
  const auto found = slots.find(parsed->element);
  const bool here = parsed->session_name() == description.name() && found != slots.end();
  if (!here || !found->second->filled() || found->second->closing()) return element_not_found(name);
  return found->second.get();
}

void Session::Impl::remove(Slot& slot, Done done) {
  Links next = links;
  std::erase_if(next, [&](const auto& entry) {
    return entry.second.source.element == slot.id() || entry.second.sink.element == slot.id();
  });
  commit(std::move(next), "ELEMENT_DELETED");
  end(slot, std::move(done));
}

void Session::Impl::end(Slot& slot, Done done) {
  slot.close(guard.wrap([this, id = slot.id(), done = std::move(done)](const Status& status) mutable {
    forget(id, std::move(done), status);
  }));
}

void Session::Impl::forget(const std::string& id, Done done, const Status& status) {
  const auto found = slots.find(id);
  flow.remove(*found->second);
  if (speakers.follow(slots)) tell_speaker();
  auto deleted = found->second->event();
  deleted.mutable_element_deleted();
  // Later: the element that answers is still on the stack.
  loop_.post([slot = std::shared_ptr<Slot>(std::move(found->second))] {});
  slots.erase(found);
  event(std::move(deleted));
  if (slots.empty()) stop_timers();
  done(status);
  close_if_empty();
}

void Session::Impl::close(const std::string& reason, Done done) {
  if (is_closed) return done(ok());
  waiting_for_close.push_back(std::move(done));
  if (!close_reason.empty()) return;
  close_reason = reason;
  commit({}, "ELEMENT_DELETED");
  std::vector<Slot*> open;
  for (const auto& [id, slot] : slots) open.push_back(slot.get());
  for (auto* slot : open) {
    if (!slot->closing()) end(*slot, [](const Status&) {});
  }
  close_if_empty();
}

// The last element that goes closes the session, whatever it goes for.
void Session::Impl::close_if_empty() {
  if (!close_reason.empty() && slots.empty() && discarding == 0) closed();
}

void Session::Impl::closed() {
  if (is_closed) return;
  is_closed = true;
  stop_timers();
  pipeline.reset();
  v1::Event last;
  last.set_source(description.name());
  last.mutable_session_closed()->set_reason(close_reason);
  event(std::move(last));
  events.close();
  for (auto& done : std::exchange(waiting_for_close, {})) done(ok());
}

Session::Session(Environment& environment, Loop& loop, v1::Session description)
    : impl_(std::make_unique<Impl>(environment, loop, std::move(description))) {}

Session::~Session() = default;

const std::string& Session::name() const { return impl_->description.name(); }
Loop& Session::loop() { return impl_->loop_; }
EventLog& Session::events() { return impl_->events; }

Result<v1::Element> Session::create_element(const v1::ElementSpec& spec) {
  v1::ApplyGraphRequest one;
  *one.add_elements() = spec;
  auto applied = apply(one);
  if (!applied.ok()) return applied.status();
  return applied->elements(0);
}

Result<v1::ApplyGraphResponse> Session::apply(const v1::ApplyGraphRequest& request) {
  auto& self = *impl_;
  if (!self.close_reason.empty()) {
    return error(StatusCode::kNotFound, "SESSION_NOT_FOUND", fmt::format("{} is closed", name()));
  }
  if (auto room = self.room_for(request.elements_size()); !room.ok()) return room;
  if (auto room = self.room_for_links(request.links_size()); !room.ok()) return room;
  if (auto differ = check_ids_differ(request); !differ.ok()) return differ;
  std::vector<std::string> made;
  const auto undo = [&](const Status& why) {
    for (const auto& id : made) self.discard(id);
    return why;
  };
  if (auto status = self.make_elements(request, made); !status.ok()) return undo(status);
  Links next = self.links;
  std::vector<Link> added;
  for (const auto& spec : request.links()) {
    if (auto status = self.add_link(spec, next, added); !status.ok()) return undo(status);
  }
  for (const auto& id : made) self.admit(*self.slots.at(id));
  self.commit(std::move(next), "REPLACED");
  v1::ApplyGraphResponse response;
  for (const auto& id : made) *response.add_elements() = self.describe(*self.slots.at(id));
  for (const auto& link : added) *response.add_links() = self.describe(link);
  return response;
}

Result<v1::Element> Session::get_element(const std::string& name) const {
  const auto slot = impl_->find(name);
  if (!slot.ok()) return slot.status();
  return impl_->describe(**slot);
}

std::vector<v1::Element> Session::list_elements() const {
  std::vector<v1::Element> out;
  for (const auto& [id, slot] : impl_->slots) {
    if (!slot->closing()) out.push_back(impl_->describe(*slot));
  }
  return out;
}

Result<v1::Element> Session::update_element(const v1::UpdateElementRequest& request) {
  const auto slot = impl_->find(request.name());
  if (!slot.ok()) return slot.status();
  auto spec = (*slot)->spec();
  if (request.has_display_name()) spec.set_display_name(request.display_name());
  for (const auto& [key, value] : request.set_tags()) (*spec.mutable_tags())[key] = value;
  for (const auto& key : request.remove_tags()) spec.mutable_tags()->erase(key);
  if (auto status = check_labels(spec.display_name(), spec.tags()); !status.ok())
    return about(status, request.name());
  (*slot)->spec() = std::move(spec);
  return impl_->describe(**slot);
}

void Session::delete_element(const std::string& name, Done done) {
  const auto slot = impl_->find(name);
  if (!slot.ok()) return done(slot.status());
  impl_->remove(**slot, std::move(done));
}

Result<Element*> Session::find_element(const std::string& name) const {
  const auto slot = impl_->find(name);
  if (!slot.ok()) return slot.status();
  return &(*slot)->element();
}

Status Session::wrong_kind(const std::string& name) const {
  return about(error(StatusCode::kInvalidArgument, "WRONG_KIND",
                     fmt::format("{} is no element of the kind that this command is for", name)),
               name);
}

void Session::close(const std::string& reason, Done done) { impl_->close(reason, std::move(done)); }

}  // namespace kms::graph
