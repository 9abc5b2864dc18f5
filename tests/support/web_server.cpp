// SPDX-License-Identifier: Apache-2.0
#include "tests/support/web_server.hpp"

#include <fstream>
#include <memory>
#include <sstream>

#include "tests/support/media_factory.hpp"

namespace kms::test {
namespace {

std::string content_of(const std::string& name) {
  std::ifstream in(media_folder() + "/" + name, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

}  // namespace

WebServer::WebServer(const std::string& certificate) : scheme_(certificate.empty() ? "http" : "https") {
  loop_.run([&] {
    server_ = soup_server_new(nullptr, nullptr);
    if (!certificate.empty()) {
      auto* shown = g_tls_certificate_new_from_file(certificate.c_str(), nullptr);
      soup_server_set_tls_certificate(server_, shown);
      g_object_unref(shown);
    }
    const auto handler = [](SoupServer*, SoupServerMessage* message, const char* path, GHashTable*,
                            gpointer self) {
      const char* query = g_uri_get_query(soup_server_message_get_uri(message));
      static_cast<WebServer*>(self)->answer(message, path, query);
    };
    soup_server_add_handler(server_, nullptr, handler, this, nullptr);
    const auto tls = certificate.empty() ? 0 : SOUP_SERVER_LISTEN_HTTPS;
    const auto options = static_cast<SoupServerListenOptions>(SOUP_SERVER_LISTEN_IPV4_ONLY | tls);
    soup_server_listen_local(server_, 0, options, nullptr);
    GSList* uris = soup_server_get_uris(server_);
    port_ = static_cast<unsigned>(g_uri_get_port(static_cast<GUri*>(uris->data)));
    g_slist_free_full(uris, [](gpointer uri) { g_uri_unref(static_cast<GUri*>(uri)); });
  });
}

WebServer::~WebServer() {
  loop_.run([this] {
    soup_server_disconnect(server_);
    g_object_unref(server_);
  });
}

std::string WebServer::uri(const std::string& path, const std::string& host) const {
  return scheme_ + "://" + host + ":" + std::to_string(port_) + path;
}

void WebServer::answer(SoupServerMessage* message, const std::string& path, const char* query) {
  ++requests_;
  const auto name = path.substr(path.rfind('/') + 1);
  if (path.starts_with("/files/")) return serve(message, content_of(name), true);
  if (path.starts_with("/whole/")) return serve(message, content_of(name), false);
  if (path == "/to" && query != nullptr) return soup_server_message_set_redirect(message, 302, query);
  if (path == "/circle") return soup_server_message_set_redirect(message, 302, "/circle");
  if (!path.starts_with("/stall/")) return soup_server_message_set_status(message, 404, nullptr);
  const auto content = content_of(name);
  soup_message_headers_remove(soup_server_message_get_request_headers(message), "Range");
  soup_server_message_set_status(message, 200, nullptr);
  auto* headers = soup_server_message_get_response_headers(message);
  soup_message_headers_set_content_length(headers, static_cast<goffset>(content.size()));
  soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_COPY, content.data(),
                           content.size() / 2);
}

void WebServer::serve(SoupServerMessage* message, const std::string& content, bool ranges) {
  if (content.empty()) return soup_server_message_set_status(message, 404, nullptr);
  if (!ranges) {
    soup_message_headers_remove(soup_server_message_get_request_headers(message), "Range");
  }
  soup_server_message_set_status(message, 200, nullptr);
  soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_COPY, content.data(),
                           content.size());  // libsoup answers a Range by itself
}

}  // namespace kms::test
