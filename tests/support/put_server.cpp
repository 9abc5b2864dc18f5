// SPDX-License-Identifier: Apache-2.0
#include "tests/support/put_server.hpp"

namespace kms::test {

PutServer::PutServer(unsigned port) {
  loop_.run([this, port] {
    server_ = soup_server_new(nullptr, nullptr);
    const auto handler = [](SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                            gpointer self) {
      const char* query = g_uri_get_query(soup_server_message_get_uri(message));
      static_cast<PutServer*>(self)->answer(message, path, query);
    };
    soup_server_add_handler(server_, nullptr, handler, this, nullptr);
    soup_server_listen_local(server_, port, SOUP_SERVER_LISTEN_IPV4_ONLY, nullptr);
    GSList* uris = soup_server_get_uris(server_);
    if (uris != nullptr) port_ = static_cast<unsigned>(g_uri_get_port(static_cast<GUri*>(uris->data)));
    g_slist_free_full(uris, [](gpointer uri) { g_uri_unref(static_cast<GUri*>(uri)); });
  });
}

PutServer::~PutServer() {
  loop_.run([this] {
    soup_server_disconnect(server_);
    g_object_unref(server_);
  });
}

void PutServer::answer_by(std::function<Reply(const Call&)> script) {
  loop_.run([&] { script_ = std::move(script); });
}

void PutServer::play(SoupServerMessage* message, const std::string& path, const char* query) {
  const auto* body = soup_server_message_get_request_body(message);
  const char* authorization =
      soup_message_headers_get_one(soup_server_message_get_request_headers(message), "Authorization");
  const auto reply =
      script_({soup_server_message_get_method(message), path, query == nullptr ? "" : query,
               body->data == nullptr ? "" : std::string(body->data, static_cast<size_t>(body->length)),
               authorization == nullptr ? "" : authorization});
  soup_server_message_set_status(message, reply.code, nullptr);
  auto* headers = soup_server_message_get_response_headers(message);
  for (const auto& [name, value] : reply.headers)
    soup_message_headers_replace(headers, name.c_str(), value.c_str());
  if (!reply.body.empty())
    soup_server_message_set_response(message, reply.type.c_str(), SOUP_MEMORY_COPY, reply.body.data(),
                                     reply.body.size());
  seen_.change([](auto& seen) { ++seen.requests; });
}

void PutServer::answer(SoupServerMessage* message, const std::string& path, const char* query) {
  if (script_) return play(message, path, query);
  const bool put = std::string_view(soup_server_message_get_method(message)) == "PUT";
  if (path == "/to" && query != nullptr) {
    soup_server_message_set_redirect(message, 307, query);
    return seen_.change([](auto& seen) { ++seen.requests; });
  }
  const unsigned code = put ? code_.load() : 405;
  soup_server_message_set_status(message, code, nullptr);
  const auto* body = soup_server_message_get_request_body(message);
  const char* type =
      soup_message_headers_get_content_type(soup_server_message_get_request_headers(message), nullptr);
  const char* authorization =
      soup_message_headers_get_one(soup_server_message_get_request_headers(message), "Authorization");
  seen_.change([&](auto& seen) {
    ++seen.requests;
    seen.authorization = authorization == nullptr ? "" : authorization;
    if (code != 201) return;
    seen.files[path] = std::string(body->data, static_cast<size_t>(body->length));
    seen.types[path] = type == nullptr ? "" : type;
    seen.order.push_back(path);
  });
}

}  // namespace kms::test
