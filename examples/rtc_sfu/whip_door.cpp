// SPDX-License-Identifier: Apache-2.0
#include "examples/rtc_sfu/whip_door.hpp"

#include <fmt/format.h>

#include <optional>

#include "kms-core/base/log.hpp"

namespace kms::sfu {

using http::Headers;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view kSession = "/whip-session";

Response respond(unsigned status, std::string body, Headers more = {}) {
  Headers headers{{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Expose-Headers", "Location"}};
  headers.merge(more);
  return {.status = status, .body = std::move(body), .headers = std::move(headers)};
}

Response preflight() {
  return respond(204, "",
                 {{"Access-Control-Allow-Methods", "POST, DELETE, OPTIONS"},
                  {"Access-Control-Allow-Headers", "Content-Type, Authorization"}});
}

Response created(const std::string& name, const rtc::Answer& answer) {
  auto response = respond(201, answer.sdp, {{"Location", fmt::format("{}/{}", kSession, name)}});
  response.type = "application/sdp";
  return response;
}

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

// "/whip/hall" gives "hall"; empty if the path goes deeper or ends before.
std::string last_part(const std::string& path, std::string_view route) {
  if (path.size() < route.size() + 2) return {};
  const auto rest = path.substr(route.size() + 1);
  return rest.find('/') == std::string::npos ? rest : std::string{};
}

// Whom a peer's events are about.
struct Who {
  std::string room;
  bool publishes = false;
  std::string name;
};

void log_state(const Who& who, rtc::PeerState state, const std::string& reason) {
  log::info("a participant's state has changed", {{"room", who.room},
                                                  {"role", who.publishes ? "publisher" : "viewer"},
                                                  {"state", name_of(state)},
                                                  {"reason", reason}});
}

}  // namespace

// The rooms, and who answers for them. Requests come on the HTTP loop, the rest on RTC threads.
struct WhipDoor::State : std::enable_shared_from_this<State> {
  State(rtc::Server& s, size_t most) : server(&s), max_connecting(most) {}

  void join(const std::string& room, bool publishes, const std::string& offer, HttpServer::Answer answer);
  // Nothing, and the refusal, if the room does not allow it.
  std::string admit(const std::string& room, bool publishes, Response* refusal);
  // Under the lock.
  std::optional<Response> refusal_for(const std::string& room, bool publishes) const;
  void ask(const std::string& name, const std::string& offer, HttpServer::Answer answer);
  Response finish(const std::string& name, const Result<rtc::Answer>& answer);
  void leave(const std::string& name);
  void on_state(const Who& who, rtc::PeerState state);
  // `who` is filled in once the participant has its name.
  rtc::PeerOptions options_for(const std::shared_ptr<Who>& who, const rtc::SourceRef& near);

  std::mutex mutex;
  rtc::Server* const server;  // outlives the door; only requests use it
  const size_t max_connecting;
  Rooms rooms;  // guarded by mutex
};

void WhipDoor::State::leave(const std::string& name) {
  Participant gone;  // its end posts to an RTC thread: not under the lock
  const std::lock_guard lock(mutex);
  rooms.take(name, gone);
}

rtc::PeerOptions WhipDoor::State::options_for(const std::shared_ptr<Who>& who, const rtc::SourceRef& near) {
  rtc::PeerOptions options;
  options.near = near;
  options.events.on_state = [weak = weak_from_this(), who](rtc::PeerState state, const std::string& reason) {
    const auto kept = who;  // this may be the peer's end
    if (const auto self = weak.lock()) self->on_state(*kept, state);
    log_state(*kept, state, reason);  // who reads it finds the room so
  };
  return options;
}

void WhipDoor::State::on_state(const Who& who, rtc::PeerState state) {
  if (state == rtc::PeerState::kFailed || state == rtc::PeerState::kClosed) return leave(who.name);
  const std::lock_guard lock(mutex);
  rooms.set_state(who.name, state);
}

std::optional<Response> WhipDoor::State::refusal_for(const std::string& room, bool publishes) const {
  if (publishes && rooms.has_publisher(room)) return respond(409, "the room has a publisher already\n");
  if (!publishes && !rooms.sources(room)) return respond(404, "nobody publishes in this room\n");
  if (rooms.connecting() < max_connecting) return std::nullopt;
  const auto text =
      fmt::format("{} participants are connecting already, no more are allowed\n", max_connecting);
  return respond(503, text, {{"Retry-After", "5"}});
}

std::string WhipDoor::State::admit(const std::string& room, bool publishes, Response* refusal) {
  Participant silent;  // its end posts to an RTC thread: not under the lock
  const std::lock_guard lock(mutex);
  if (auto refused = refusal_for(room, publishes)) {
    *refusal = *std::move(refused);
    return {};
  }
  if (publishes && rooms.take_silent_publisher(room, silent))
    log::info("a publisher that is heard no more makes room for another", {{"room", room}});
  const auto* sources = rooms.sources(room);
  const auto who = std::make_shared<Who>(Who{room, publishes, {}});
  const rtc::SourceRef near = publishes ? nullptr : sources->front();
  Participant participant{room, publishes, false, server->create_peer(options_for(who, near)), {}};
  if (!publishes) {
    for (const auto& source : *sources) participant.consumers.push_back(participant.peer->consume(source));
  }
  who->name = rooms.add(std::move(participant));
  return who->name;
}

void WhipDoor::State::join(const std::string& room, bool publishes, const std::string& offer,
                           HttpServer::Answer answer) {
  Response refusal;
  const auto name = admit(room, publishes, &refusal);
  if (name.empty()) return answer(std::move(refusal));
  ask(name, offer, std::move(answer));
}

void WhipDoor::State::ask(const std::string& name, const std::string& offer, HttpServer::Answer answer) {
  // std::function wants what can be copied.
  const auto reply = std::make_shared<HttpServer::Answer>(std::move(answer));
  const std::lock_guard lock(mutex);
  auto* participant = rooms.find(name);
  if (!participant) return (*reply)(respond(503, "the session has ended\n"));
  participant->peer->answer(offer,
                            [self = shared_from_this(), name, reply](const Result<rtc::Answer>& given) {
                              (*reply)(self->finish(name, given));
                            });
}

Response WhipDoor::State::finish(const std::string& name, const Result<rtc::Answer>& answer) {
  if (!answer.ok()) {
    leave(name);
    const auto& status = answer.status();
    return respond(400, fmt::format("{}: {}\n", reason_of(status), message_of(status)));
  }
  const std::lock_guard lock(mutex);
  const auto* participant = rooms.find(name);
  if (participant && participant->publishes) rooms.set_sources(name, answer->sources);
  return created(name, *answer);
}

WhipDoor::WhipDoor(rtc::Server& server, size_t max_connecting)
    : state_(std::make_shared<State>(server, max_connecting)) {}

WhipDoor::~WhipDoor() {
  Rooms gone;
  const std::lock_guard lock(state_->mutex);
  std::swap(gone, state_->rooms);
}

void WhipDoor::open(HttpServer& http) {
  for (const bool publishes : {true, false}) {
    const std::string route = publishes ? "/whip" : "/whep";
    http.route(route, [state = state_, route, publishes](Request request, HttpServer::Answer answer) {
      const auto room = last_part(request.path, route);
      if (room.empty()) return answer(respond(404, fmt::format("POST an SDP offer to {}/{{room}}\n", route)));
      if (request.method == "OPTIONS") return answer(preflight());
      if (request.method != "POST") return answer(respond(405, "only POST\n", {{"Allow", "POST, OPTIONS"}}));
      state->join(room, publishes, request.body, std::move(answer));
    });
  }
  http.route(std::string(kSession), [state = state_](const Request& request, HttpServer::Answer answer) {
    if (request.method == "OPTIONS") return answer(preflight());
    if (request.method != "DELETE")
      return answer(respond(405, "only DELETE\n", {{"Allow", "DELETE, OPTIONS"}}));
    Participant gone;
    bool known = false;
    {
      const std::lock_guard lock(state->mutex);
      known = state->rooms.take(last_part(request.path, kSession), gone);
    }
    answer(known ? respond(200, "") : respond(404, "there is no such session\n"));
  });
}

}  // namespace kms::sfu
