// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/whip_door.hpp"

#include <fmt/format.h>

#include <utility>

namespace kms::http {
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

unsigned code_of(const Status& status) {
  if (reason_of(status) == "INVALID_ID") return 404;  // a room that cannot be
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      return 400;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kFailedPrecondition:
      return 409;
    case StatusCode::kResourceExhausted:
    case StatusCode::kUnavailable:
    case StatusCode::kAborted:
      return 503;
    default:
      return 500;
  }
}

Response refuse(const Status& status) {
  const auto code = code_of(status);
  const bool later = code == 503 || code == 409;
  return respond(code, fmt::format("{}: {}\n", reason_of(status), message_of(status)),
                 later ? Headers{{"Retry-After", "5"}} : Headers{});
}

Response created(const Rooms::Joined& joined) {
  auto response = respond(201, joined.answer, {{"Location", fmt::format("{}/{}", kSession, joined.name)}});
  response.type = "application/sdp";
  return response;
}

// "/whip/hall" gives "hall"; empty if the path goes deeper or ends before.
std::string last_part(const std::string& path, std::string_view route) {
  if (path.size() < route.size() + 2) return {};
  const auto rest = path.substr(route.size() + 1);
  return rest.find('/') == std::string::npos ? rest : std::string{};
}

void on_room(Rooms& rooms, Seat seat, HttpServer::Answer answer) {
  rooms.join(std::move(seat), [answer = std::move(answer)](const Result<Rooms::Joined>& joined) mutable {
    answer(joined.ok() ? created(*joined) : refuse(joined.status()));
  });
}

void on_session(Rooms& rooms, const std::string& name, HttpServer::Answer answer) {
  rooms.leave(name, [answer = std::move(answer)](const Status& left) mutable {
    answer(left.ok() ? respond(200, "") : refuse(left));
  });
}

void add_endpoint(HttpServer& http, const std::shared_ptr<Rooms>& rooms, bool publishes) {
  const std::string route = publishes ? "/whip" : "/whep";
  http.route(route, [rooms, route, publishes](Request request, HttpServer::Answer answer) {
    const auto room = last_part(request.path, route);
    if (room.empty()) return answer(respond(404, fmt::format("POST an SDP offer to {}/{{room}}\n", route)));
    if (request.method == "OPTIONS") return answer(preflight());
    if (request.method != "POST") return answer(respond(405, "only POST\n", {{"Allow", "POST, OPTIONS"}}));
    on_room(*rooms, {room, publishes, std::move(request.body)}, std::move(answer));
  });
}

}  // namespace

void add_whip(HttpServer& server, graph::SessionStore& sessions, const Rooms::Settings& settings) {
  const auto rooms = std::make_shared<Rooms>(sessions, settings, server.poster());
  add_endpoint(server, rooms, true);
  add_endpoint(server, rooms, false);
  server.route(std::string(kSession), [rooms](const Request& request, HttpServer::Answer answer) {
    if (request.method == "OPTIONS") return answer(preflight());
    if (request.method != "DELETE")
      return answer(respond(405, "only DELETE\n", {{"Allow", "DELETE, OPTIONS"}}));
    on_session(*rooms, last_part(request.path, kSession), std::move(answer));
  });
}

}  // namespace kms::http
