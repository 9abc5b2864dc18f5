// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/whip_door.hpp"

#include <fmt/format.h>

#include <utility>

#include "kms-core/http/whip_replies.hpp"
#include "kms-core/http/words/whip_words.hpp"
#include "kms-core/rtc/sdp/ice_fragment.hpp"

namespace kms::http {
namespace {

constexpr std::string_view kSession = "/whip-session";

// "/whip/hall" gives "hall"; empty if the path goes deeper or ends before.
std::string last_part(const std::string& path, std::string_view route) {
  if (path.size() < route.size() + 2) return {};
  const auto rest = path.substr(route.size() + 1);
  return rest.find('/') == std::string::npos ? rest : std::string{};
}

std::string header(const Request& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

// RFC 9725 section 4.1: the resources have no content of their own.
bool only_looks(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

Status no_such_session() {
  return error(StatusCode::kNotFound, "PARTICIPANT_NOT_FOUND", "there is no such session, or no more");
}

// HTTP loop.
class Door : public std::enable_shared_from_this<Door> {
 public:
  using Answer = HttpServer::Answer;
  Door(graph::SessionStore& sessions, WorkerPool& workers, const WhipSettings& settings,
       const std::function<void(Task)>& post)
      : rooms_(std::make_shared<Rooms>(sessions, settings.rooms, post)),
        tokens_(workers, settings.tokens, post),
        link_(link_of(settings.ice_servers)) {}

  // Of a room.
  void at_endpoint(Request request, const std::string& room, bool publishes, Answer answer);
  // Of a participant.
  void at_session(Request request, const std::string& name, Answer answer);

 private:
  using Next = std::function<void(Door& self, Answer answer)>;
  void with_token(const Tokens::Claim& claim, Answer answer, Next next);
  void join(Seat seat, Answer answer);
  void patch(const Request& request, const std::string& name, Answer answer);
  void update_ice(const std::string& name, const rtc::IceCredentials& theirs, Answer answer);
  void leave(const std::string& name, Answer answer);
  Response created(const Rooms::Joined& joined) const;

  const std::shared_ptr<Rooms> rooms_;
  Tokens tokens_;
  const std::string link_;
};

void Door::with_token(const Tokens::Claim& claim, Answer answer, Next next) {
  tokens_.check(claim, [weak = weak_from_this(), answer = std::move(answer),
                        next = std::move(next)](const Status& status) mutable {
    if (!status.ok()) return answer(refusal(status));
    if (const auto self = weak.lock()) next(*self, std::move(answer));
  });
}

void Door::at_endpoint(Request request, const std::string& room, bool publishes, Answer answer) {
  constexpr auto kHere = Resource::kEndpoint;
  if (request.method == "OPTIONS") return answer(preflight(kHere));
  if (only_looks(request)) return answer(whip_reply(204));
  if (request.method != "POST") return answer(wrong_method(kHere));
  if (!is_type(header(request, "content-type"), kSdpType)) return answer(wrong_type(kHere));
  if (!accepts(header(request, "accept"), kSdpType))
    return answer(whip_reply(406, fmt::format("answers are {}\n", kSdpType)));
  const Tokens::Claim claim{publishes, room, header(request, "authorization")};
  with_token(claim, std::move(answer),
             [seat = Seat{room, publishes, one_way(request.body, publishes)}](Door& self, Answer to) {
               self.join(seat, std::move(to));
             });
}

void Door::join(Seat seat, Answer answer) {
  rooms_->join(std::move(seat), [weak = weak_from_this(),
                                 answer = std::move(answer)](const Result<Rooms::Joined>& joined) mutable {
    if (!joined.ok()) return answer(refusal(joined.status()));
    if (const auto self = weak.lock()) answer(self->created(*joined));
  });
}

Response Door::created(const Rooms::Joined& joined) const {
  Headers headers{{"Location", fmt::format("{}/{}", kSession, joined.name)}, {"ETag", joined.tag}};
  if (!link_.empty()) headers["Link"] = link_;
  auto response = whip_reply(201, joined.answer, std::move(headers));
  response.type = kSdpType;
  return response;
}

void Door::at_session(Request request, const std::string& name, Answer answer) {
  constexpr auto kHere = Resource::kSession;
  if (request.method == "OPTIONS") return answer(preflight(kHere));
  if (request.method != "DELETE" && request.method != "PATCH" && !only_looks(request))
    return answer(wrong_method(kHere));
  const auto known = rooms_->find(name);
  if (!known) return answer(refusal(no_such_session()));
  const Tokens::Claim claim{known->publishes, known->room, header(request, "authorization")};
  with_token(claim, std::move(answer), [request = std::move(request), name](Door& self, Answer to) {
    if (request.method == "DELETE") return self.leave(name, std::move(to));
    if (request.method == "PATCH") return self.patch(request, name, std::move(to));
    to(whip_reply(204));
  });
}

void Door::leave(const std::string& name, Answer answer) {
  rooms_->leave(name, [answer = std::move(answer)](const Status& left) mutable {
    answer(left.ok() ? whip_reply(200) : refusal(left));
  });
}

void Door::patch(const Request& request, const std::string& name, Answer answer) {
  const auto known = rooms_->find(name);
  if (!known) return answer(refusal(no_such_session()));
  if (!is_type(header(request, "content-type"), kFragmentType)) return answer(wrong_type(Resource::kSession));
  const auto match = match_of(header(request, "if-match"), known->tag);
  if (match == Match::kMissing) return answer(whip_reply(428, "send If-Match: with the ETag, or *\n"));
  if (match == Match::kOther) return answer(whip_reply(412, "the ETag is not that of the ICE session\n"));
  const auto fragment = rtc::parse_ice_fragment(request.body);
  if (!fragment.ok()) return answer(refusal(fragment.status()));
  // Candidates were read, and that is all: a lite agent waits for checks.
  if (!fragment->credentials) return answer(whip_reply(204));
  update_ice(name, *fragment->credentials, std::move(answer));
}

void Door::update_ice(const std::string& name, const rtc::IceCredentials& theirs, Answer answer) {
  rooms_->update_ice(name, theirs,
                     [answer = std::move(answer)](const Result<Rooms::IceUpdate>& update) mutable {
                       if (!update.ok()) return answer(refusal(update.status()));
                       if (update->fragment.empty()) return answer(whip_reply(204));
                       auto response = whip_reply(200, update->fragment, {{"ETag", update->tag}});
                       response.type = kFragmentType;
                       answer(std::move(response));
                     });
}

void add_endpoint(HttpServer& http, const std::shared_ptr<Door>& door, bool publishes) {
  const std::string route = publishes ? "/whip" : "/whep";
  http.route(route, [door, route, publishes](Request request, HttpServer::Answer answer) {
    const auto room = last_part(request.path, route);
    if (room.empty())
      return answer(whip_reply(404, fmt::format("POST an SDP offer to {}/{{room}}\n", route)));
    door->at_endpoint(std::move(request), room, publishes, std::move(answer));
  });
}

}  // namespace

void add_whip(HttpServer& server, graph::SessionStore& sessions, WorkerPool& workers,
              const WhipSettings& settings) {
  const auto door = std::make_shared<Door>(sessions, workers, settings, server.poster());
  add_endpoint(server, door, true);
  add_endpoint(server, door, false);
  server.route(std::string(kSession), [door](Request request, HttpServer::Answer answer) {
    const auto name = last_part(request.path, kSession);
    door->at_session(std::move(request), name, std::move(answer));
  });
}

}  // namespace kms::http
