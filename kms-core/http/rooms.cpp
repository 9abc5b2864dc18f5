// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/rooms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "kms-core/base/log.hpp"
#include "kms-core/graph/names.hpp"
#include "kms-core/http/stage.hpp"
#include "kms-core/http/words/whip_words.hpp"
#include "kms-core/rtc/sdp/ice_fragment.hpp"

namespace kms::http {
namespace {

std::string random_name() {  // 128 bits
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

std::string_view role_of(const Seat& seat) { return seat.publishes ? "publisher" : "viewer"; }

std::string_view name_of(rtc::PeerState state) {
  switch (state) {
    case rtc::PeerState::kNew:
      return "new";
    case rtc::PeerState::kConnected:
      return "connected";
    case rtc::PeerState::kDisconnected:
      return "disconnected";
    case rtc::PeerState::kFailed:
      return "failed";
    case rtc::PeerState::kClosed:
      return "closed";
  }
  return "";
}

Status no_publisher(const std::string& room) {
  return error(StatusCode::kFailedPrecondition, "NO_PUBLISHER",
               fmt::format("nobody publishes in the room {} now", room));
}

Status dropped() {
  return error(StatusCode::kAborted, "CALL_DROPPED", "the session was closed before the offer was answered");
}

Status not_found() {
  return error(StatusCode::kNotFound, "PARTICIPANT_NOT_FOUND", "there is no such session, or no more");
}

Status nothing_to_send(bool publishes) {
  return error(StatusCode::kInvalidArgument, "NOTHING_TO_SEND",
               publishes ? "a publisher sends on an m-line at least, in a codec that kms has"
                         : "a viewer receives on an m-line at least, in a codec that kms has");
}

Status partly_refused() {
  return error(StatusCode::kInvalidArgument, "TRACKS_REFUSED",
               "a publisher sends one track of sound and one of pictures at most, each in a codec that kms "
               "has and in one "
               "BUNDLE: what is refused here nobody would see or hear");
}

std::string new_tag() { return fmt::format("\"{}\"", random_name().substr(0, 16)); }

void ignore(const Status&) {}

}  // namespace

Status Rooms::check(const Seat& seat) const {
  if (auto status = graph::check_id(seat.room); !status.ok()) return status;
  const auto connecting = std::ranges::count_if(
      participants_, [](const auto& participant) { return !participant.second.connected; });
  if (static_cast<size_t>(connecting) < settings_.max_connecting) return ok();
  return error(
      StatusCode::kResourceExhausted, "TOO_MANY_CONNECTING",
      fmt::format("{} participants have not connected yet, more are not allowed (rtc.max_connecting)",
                  settings_.max_connecting));
}

// The session is made if need be, unless for a viewer who may not wait.
Result<Rooms::Entrance> Rooms::enter(const Seat& seat) {
  Entrance entrance;
  if (seat.publishes || settings_.whep_waits) {
    v1::CreateSessionRequest request;
    request.set_session_id(seat.room);
    (*request.mutable_tags())["whip"] = "room";
    const auto made = sessions_.create(request);
    entrance.opened_room = made.ok();
    if (!made.ok() && reason_of(made.status()) != "SESSION_EXISTS") return made.status();
  }
  auto hold = sessions_.hold(graph::session_name(seat.room));
  if (!hold.ok()) return hold.status();
  entrance.hold = *std::move(hold);
  return entrance;
}

void Rooms::join(Seat seat, Reply<Joined> reply) {
  const auto closing = closing_.find(seat.room);
  if (closing != closing_.end()) return closing->second.push_back({std::move(seat), std::move(reply)});
  if (const auto status = check(seat); !status.ok()) return reply(status);
  auto entrance = enter(seat);
  if (!entrance.ok()) return reply(entrance.status());
  const auto name = random_name();
  Participant participant;
  participant.session = graph::session_name(seat.room);
  participant.element = fmt::format("{}-{}", role_of(seat), random_name().substr(0, 12));
  participant.seat = std::move(seat);
  participant.number = ++numbers_;
  participant.opened_room = entrance->opened_room;
  participant.hold = std::move(entrance->hold);
  participant.joining = std::move(reply);
  participants_[name] = std::move(participant);
  if (const auto status = sessions_.admit(1); !status.ok()) return fail(name, status);
  ask(name);
}

// For another thread: brings what it is given to `take(self, given...)` on the loop.
template <typename... Given, typename Take>
std::function<void(Given...)> Rooms::here(Take take) {
  return [post = post_, weak = weak_from_this(), take](Given... given) {
    post([weak, take, ... given = std::move(given)]() mutable {
      if (const auto self = weak.lock()) take(*self, given...);
    });
  };
}

void Rooms::ask(const std::string& name) {
  const auto& participant = participants_.at(name);
  const auto answer = here<Result<std::string>>(
      [name](Rooms& self, const Result<std::string>& given) { self.answered(name, given); });
  const auto watcher =
      here<rtc::PeerState, std::string>([name](Rooms& self, rtc::PeerState state, const std::string& reason) {
        self.changed(name, state, reason);
      });
  const bool waits = participant.seat.publishes || settings_.whep_waits;
  const auto asked = sessions_.with_session(
      participant.session,
      [seat = participant.seat, id = participant.element, waits, answer, watcher](graph::Session& session) {
        Stage stage(session);
        if (!waits && !stage.has_source()) return answer(no_publisher(seat.room));
        const auto made = seat.publishes ? stage.add_publisher(id) : stage.add_viewer(id);
        if (!made.ok()) return answer(made.status());
        (*made)->watch([watcher](rtc::PeerState state, const std::string& why) { watcher(state, why); });
        (*made)->answer(seat.offer, [answer](Result<std::string> sdp) { answer(std::move(sdp)); });
      });
  if (!asked.ok()) fail(name, asked);
}

void Rooms::answered(const std::string& name, const Result<std::string>& answer) {
  const auto found = participants_.find(name);
  if (found == participants_.end()) return;
  if (!answer.ok()) return fail(name, answer.status());
  auto& participant = found->second;
  if (!lets_media_go(*answer, participant.seat.publishes))
    return fail(name, nothing_to_send(participant.seat.publishes));
  if (participant.seat.publishes && !takes_all(participant.seat.offer, *answer))
    return fail(name, partly_refused());
  participant.seat.offer.clear();
  participant.seat.offer.shrink_to_fit();  // a browser's has kilobytes
  participant.ice_head = rtc::ice_fragment_head(*answer);
  participant.tag = new_tag();
  std::exchange(participant.joining, nullptr)(Joined{name, *answer, participant.tag});
}

std::optional<Rooms::Known> Rooms::find(const std::string& name) const {
  const auto found = participants_.find(name);
  if (found == participants_.end() || found->second.joining) return std::nullopt;
  const auto& participant = found->second;
  return Known{participant.seat.room, participant.seat.publishes, participant.tag};
}

void Rooms::update_ice(const std::string& name, const rtc::IceCredentials& theirs, Reply<IceUpdate> reply) {
  const auto found = participants_.find(name);
  if (found == participants_.end()) return reply(not_found());
  const auto shared = std::make_shared<Reply<IceUpdate>>(std::move(reply));
  const auto answer = here<OurIce>(
      [name, shared](Rooms& self, const OurIce& ours) { (*shared)(self.restarted(name, ours)); });
  const auto asked = sessions_.with_session(
      found->second.session,
      [element = found->second.element_name(), theirs, answer](const graph::Session& session) {
        const auto endpoint = session.find<graph::SdpAnswerer>(element);
        if (!endpoint.ok()) return answer({not_found(), {}});
        (*endpoint)->update_ice(theirs, [answer, candidates = (*endpoint)->candidates()](auto ours) {
          answer({std::move(ours), candidates});
        });
      });
  if (!asked.ok()) (*shared)(not_found());
}

Result<Rooms::IceUpdate> Rooms::restarted(const std::string& name, const OurIce& ours) {
  const auto found = participants_.find(name);
  if (found == participants_.end()) return not_found();
  if (!ours.credentials.ok()) return ours.credentials.status();
  auto& participant = found->second;
  if (!*ours.credentials) return IceUpdate{{}, participant.tag};
  participant.tag = new_tag();
  return IceUpdate{rtc::write_ice_fragment(participant.ice_head, **ours.credentials, ours.candidates),
                   participant.tag};
}

void Rooms::changed(const std::string& name, rtc::PeerState state, const std::string& reason) {
  const auto found = participants_.find(name);
  if (found == participants_.end()) return;
  auto& participant = found->second;
  log::info("a participant's state has changed", {{"room", participant.seat.room},
                                                  {"role", role_of(participant.seat)},
                                                  {"state", name_of(state)},
                                                  {"reason", reason}});
  if (state == rtc::PeerState::kFailed || state == rtc::PeerState::kClosed) return fail(name, dropped());
  if (state != rtc::PeerState::kConnected || std::exchange(participant.connected, true)) return;
  if (!participant.seat.publishes) return;
  if (is_superseded(participant)) return fail(name, dropped());
  take_stage(name);
}

bool Rooms::is_superseded(const Participant& publisher) const {
  return std::ranges::any_of(participants_, [&](const auto& entry) {
    const auto& other = entry.second;
    return other.seat.publishes && other.connected && other.session == publisher.session &&
           other.number > publisher.number;
  });
}

// What an application has put on the stage goes, too.
void Rooms::take_stage(const std::string& name) {
  const auto& taker = participants_.at(name);
  const auto done =
      here<Status>([name](Rooms& self, const Status& status) { self.stage_taken(name, status); });
  // Otherwise the session is being closed.
  std::ignore = sessions_.with_session(
      taker.session, [id = taker.element, done](graph::Session& session) { done(Stage(session).take(id)); });
}

// Earlier publishers have had their time. They stay when the stage could not be taken: somebody would have
// to be watched.
void Rooms::stage_taken(const std::string& name, const Status& status) {
  const auto found = participants_.find(name);
  if (found == participants_.end()) return;
  const auto& taker = found->second;
  if (!status.ok()) {
    log::warn("a publisher cannot take the stage",
              {{"room", taker.seat.room}, {"reason", reason_of(status)}, {"why", message_of(status)}});
    return fail(name, status);
  }
  std::vector<std::string> replaced;
  for (const auto& [other, participant] : participants_) {
    if (participant.seat.publishes && participant.session == taker.session &&
        participant.number < taker.number)
      replaced.push_back(other);
  }
  for (const auto& other : replaced) {
    log::info("a publisher is replaced by another", {{"room", taker.seat.room}});
    fail(other, dropped());
  }
}

void Rooms::leave(const std::string& name, Done done) {
  auto taken = participants_.extract(name);
  if (taken.empty()) {
    return done(not_found());
  }
  if (taken.mapped().joining) taken.mapped().joining(dropped());
  delete_element(taken.mapped(),
                 [done = std::make_shared<Done>(std::move(done))](const Status&) { (*done)(ok()); });
}

void Rooms::fail(const std::string& name, const Status& why) {
  auto taken = participants_.extract(name);
  auto& gone = taken.mapped();
  const bool never_joined = static_cast<bool>(gone.joining);
  delete_element(gone, ignore);
  if (never_joined && gone.opened_room && is_empty(gone.session)) close_room(gone.seat.room);
  if (never_joined) gone.joining(why);
}

void Rooms::close_room(const std::string& room) {
  closing_.try_emplace(room);
  const auto done = here<Status>([room](Rooms& self, const Status&) { self.room_closed(room); });
  const auto asked = sessions_.close(graph::session_name(room), "ROOM_EMPTY", done);
  if (!asked.ok()) room_closed(room);
}

void Rooms::room_closed(const std::string& room) {
  auto waiting = closing_.extract(room);
  if (waiting.empty()) return;
  for (auto& [seat, reply] : waiting.mapped()) join(std::move(seat), std::move(reply));
}

// The element may be gone already, or may never have been made.
void Rooms::delete_element(const Participant& gone, Done done) {
  const auto shared = std::make_shared<Done>(std::move(done));
  const auto asked =
      sessions_.with_session(gone.session, [name = gone.element_name(), shared](graph::Session& session) {
        session.delete_element(name, [shared](const Status& status) { (*shared)(status); });
      });
  if (!asked.ok()) (*shared)(asked);
}

bool Rooms::is_empty(const std::string& session) const {
  return std::ranges::none_of(participants_,
                              [&](const auto& participant) { return participant.second.session == session; });
}

}  // namespace kms::http
