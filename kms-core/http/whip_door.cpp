// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/whip_door.hpp"

#include <fmt/format.h>

#include "kms-core/http/context_task.hpp"

namespace kms::http {
namespace {

constexpr size_t kMaxOffer = 256 << 10;

struct ObjectUnref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
using MessageRef = std::unique_ptr<SoupServerMessage, ObjectUnref>;
MessageRef share(SoupServerMessage* message) {
  return MessageRef(SOUP_SERVER_MESSAGE(g_object_ref(message)));
}

void respond(SoupServerMessage* message, guint code, std::string_view type, std::string_view body) {
  auto* headers = soup_server_message_get_response_headers(message);
  soup_message_headers_replace(headers, "Access-Control-Allow-Origin", "*");
  soup_message_headers_replace(headers, "Access-Control-Expose-Headers", "Location");
  soup_server_message_set_status(message, code, nullptr);
  soup_server_message_set_response(message, std::string(type).c_str(), SOUP_MEMORY_COPY, body.data(),
                                   body.size());
}

void refuse(SoupServerMessage* message, guint code, std::string_view why) {
  respond(message, code, "text/plain", fmt::format("{}\n", why));
}

void allow_cross_origin(SoupServerMessage* message) {
  auto* headers = soup_server_message_get_response_headers(message);
  soup_message_headers_replace(headers, "Access-Control-Allow-Methods", "POST, DELETE, OPTIONS");
  soup_message_headers_replace(headers, "Access-Control-Allow-Headers", "Content-Type, Authorization");
  respond(message, SOUP_STATUS_NO_CONTENT, "text/plain", "");
}

// "/whip/hall" gives "hall" for the prefix "/whip/"; empty if the path is another or goes deeper.
std::string after(const std::string& path, std::string_view prefix) {
  if (path.rfind(prefix, 0) != 0) return {};
  const auto rest = path.substr(prefix.size());
  return rest.find('/') == std::string::npos ? rest : std::string{};
}

std::string offer_of(SoupServerMessage* message) {
  const auto* body = soup_server_message_get_request_body(message);
  return {body->data ? body->data : "", static_cast<size_t>(body->length)};
}

}  // namespace

Result<std::unique_ptr<WhipDoor>> WhipDoor::open(GMainContext* context, rtc::Server& server,
                                                 const WhipOptions& options) {
  std::unique_ptr<WhipDoor> door(new WhipDoor(context, server, options));
  GError* failure = nullptr;
  GInetAddress* ip = g_inet_address_new_from_string(options.address.c_str());
  if (!ip) {
    return error(StatusCode::kInvalidArgument, "BAD_ADDRESS",
                 fmt::format("\"{}\" is no IP address to listen on", options.address));
  }
  const std::unique_ptr<GSocketAddress, ObjectUnref> address(g_inet_socket_address_new(ip, options.port));
  g_object_unref(ip);
  g_main_context_push_thread_default(context);
  const bool listens = soup_server_listen(door->soup_, address.get(), SoupServerListenOptions(0), &failure);
  g_main_context_pop_thread_default(context);
  if (listens) return door;
  const auto status =
      error(StatusCode::kUnavailable, "PORT_UNAVAILABLE",
            fmt::format("cannot serve WHIP on {}:{}: {}", options.address, options.port, failure->message));
  g_error_free(failure);
  return status;
}

WhipDoor::WhipDoor(GMainContext* context, rtc::Server& server, const WhipOptions& options)
    : context_(context), server_(server), options_(options), soup_(soup_server_new(nullptr, nullptr)) {
  soup_server_add_handler(soup_, "/", on_request, this, nullptr);
}

WhipDoor::~WhipDoor() {
  soup_server_disconnect(soup_);
  g_object_unref(soup_);
}

uint16_t WhipDoor::port() const {
  uint16_t port = 0;
  GSList* uris = soup_server_get_uris(soup_);
  if (uris) port = static_cast<uint16_t>(g_uri_get_port(static_cast<GUri*>(uris->data)));
  g_slist_free_full(uris, [](gpointer uri) { g_uri_unref(static_cast<GUri*>(uri)); });
  return port;
}

void WhipDoor::on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                          gpointer self) {
  static_cast<WhipDoor*>(self)->serve(message, path);
}

void WhipDoor::serve(SoupServerMessage* message, const std::string& path) {
  const std::string method = soup_server_message_get_method(message);
  const auto whip = after(path, "/whip/");
  const auto whep = after(path, "/whep/");
  const auto session = after(path, "/session/");
  if (method == "OPTIONS") return allow_cross_origin(message);
  if (method == "POST" && !whip.empty()) return create(message, whip, true);
  if (method == "POST" && !whep.empty()) return create(message, whep, false);
  if (method == "DELETE" && !session.empty()) return end(message, session);
  if (method == "GET" && path == "/" && !options_.page.empty()) {
    return respond(message, SOUP_STATUS_OK, "text/html", options_.page);
  }
  const bool known = !whip.empty() || !whep.empty() || !session.empty();
  refuse(message, known ? SOUP_STATUS_METHOD_NOT_ALLOWED : SOUP_STATUS_NOT_FOUND,
         "POST an SDP offer to /whip/{room} or /whep/{room}, DELETE the Location it gives");
}

void WhipDoor::create(SoupServerMessage* message, const std::string& room, bool publishes) {
  const auto offer = offer_of(message);
  if (offer.size() > kMaxOffer)
    return refuse(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "offer over 256 KiB");
  if (publishes && rooms_.has_publisher(room)) {
    return refuse(message, SOUP_STATUS_CONFLICT, "the room has a publisher already");
  }
  const auto* sources = rooms_.sources(room);
  if (!publishes && !sources) return refuse(message, SOUP_STATUS_NOT_FOUND, "nobody publishes in this room");

  const std::weak_ptr<WhipDoor*> weak = self_;
  const auto name = std::make_shared<std::string>();
  rtc::PeerOptions options;
  options.near = publishes ? nullptr : sources->front();
  options.events.on_state = [weak, name, context = context_](rtc::PeerState state, const std::string&) {
    if (state != rtc::PeerState::kFailed && state != rtc::PeerState::kClosed) return;
    post(context, [weak, name] {
      if (const auto door = weak.lock()) (*door)->rooms_.remove(*name);
    });
  };
  Participant participant{room, publishes, server_.create_peer(std::move(options)), {}, false};
  auto* peer = participant.peer.get();
  if (!publishes) {
    for (const auto& source : *sources) participant.consumers.push_back(peer->consume(source));
  }
  *name = rooms_.add(std::move(participant));
  soup_server_message_pause(message);
  peer->answer(offer, [weak, context = context_, name = *name,
                       message = std::shared_ptr(share(message))](const Result<rtc::Answer>& answer) {
    post(context, [weak, name, message, answer] {
      if (const auto door = weak.lock()) (*door)->finish(message.get(), name, answer);
    });
  });
}

void WhipDoor::finish(SoupServerMessage* message, const std::string& name,
                      const Result<rtc::Answer>& answer) {
  if (!answer.ok()) {
    rooms_.remove(name);
    refuse(message, SOUP_STATUS_BAD_REQUEST,
           fmt::format("{}: {}", reason_of(answer.status()), message_of(answer.status())));
  } else {
    const auto* participant = rooms_.find(name);
    if (participant && participant->publishes) rooms_.set_sources(name, answer->sources);
    respond(message, SOUP_STATUS_CREATED, "application/sdp", answer->sdp);
    soup_message_headers_replace(soup_server_message_get_response_headers(message), "Location",
                                 fmt::format("/session/{}", name).c_str());
  }
  soup_server_message_unpause(message);
}

void WhipDoor::end(SoupServerMessage* message, const std::string& name) {
  if (!rooms_.remove(name)) return refuse(message, SOUP_STATUS_NOT_FOUND, "there is no such session");
  respond(message, SOUP_STATUS_OK, "text/plain", "");
}

}  // namespace kms::http
