// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/http_server.hpp"

#include <fmt/format.h>
#include <libsoup/soup.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "kms-core/base/host_port.hpp"
#include "kms-core/http/pending_answer.hpp"
#include "kms-core/http/request_watch.hpp"

namespace kms::http {
namespace {

constexpr goffset kLargestBody = 1 << 20;

template <typename Type>
struct Unref {
  void operator()(Type* object) const { g_object_unref(object); }
};
template <typename Type>
using Object = std::unique_ptr<Type, Unref<Type>>;

Status listen_failed(const std::string& address, const std::string& why) {
  return error(StatusCode::kUnavailable, "LISTEN_FAILED",
               fmt::format("HTTP cannot listen on {}: {}", address, why));
}

uint16_t bound_port(SoupServer* server) {
  GSList* uris = soup_server_get_uris(server);
  const auto port = uris == nullptr ? 0 : g_uri_get_port(static_cast<GUri*>(uris->data));
  g_slist_free_full(uris, [](gpointer uri) { g_uri_unref(static_cast<GUri*>(uri)); });
  return static_cast<uint16_t>(port);
}

Headers headers_of(SoupServerMessage* message) {
  Headers headers;
  SoupMessageHeadersIter each;
  soup_message_headers_iter_init(&each, soup_server_message_get_request_headers(message));
  const char* name = nullptr;
  const char* value = nullptr;
  while (soup_message_headers_iter_next(&each, &name, &value)) {
    std::string key = name;
    std::transform(key.begin(), key.end(), key.begin(), g_ascii_tolower);
    headers[key] = value;
  }
  return headers;
}

std::string body_of(SoupServerMessage* message) {
  auto* body = soup_server_message_get_request_body(message);
  GBytes* bytes = soup_message_body_flatten(body);
  gsize size = 0;
  const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
  std::string text(data == nullptr ? "" : data, size);
  g_bytes_unref(bytes);
  return text;
}

Request request_of(SoupServerMessage* message, const char* path) {
  const char* query = g_uri_get_query(soup_server_message_get_uri(message));
  return {soup_server_message_get_method(message), path, query == nullptr ? "" : query, headers_of(message),
          body_of(message)};
}

void refuse_body(SoupServerMessage* message) {
  constexpr std::string_view kText = "the request is larger than 1 MiB\n";
  soup_message_body_set_accumulate(soup_server_message_get_request_body(message), FALSE);
  soup_server_message_set_response(message, "text/plain", SOUP_MEMORY_STATIC, kText.data(), kText.size());
  soup_server_message_set_status(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, nullptr);
}

// A body without a stated length is counted as it comes.
void count_chunk(SoupServerMessage* message, GBytes*, gpointer) {
  if (soup_server_message_get_request_body(message)->length > kLargestBody) refuse_body(message);
}

// A connection for each request: libsoup 3.2 never lets one go that its client closes while it waits for the
// next.
void allow_no_further(SoupServerMessage* message) {
  soup_message_headers_replace(soup_server_message_get_response_headers(message), "Connection", "close");
}

// Before the body is read: libsoup would keep one of any size. What is too large is read, but not kept.
void limit_body(SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer) {
  allow_no_further(message);
  auto* headers = soup_server_message_get_request_headers(message);
  if (soup_message_headers_get_content_length(headers) > kLargestBody) return refuse_body(message);
  g_signal_connect(message, "got-chunk", G_CALLBACK(count_chunk), nullptr);
}

struct Route {
  std::shared_ptr<AnswerLoop> answers;
  const RequestWatch& watch;
  HttpServer::Handler handler;
};

void dispatch(SoupServer*, SoupServerMessage* message, const char* path, GHashTable*, gpointer data) {
  const auto* route = static_cast<Route*>(data);
  if (soup_server_message_get_status(message) != 0 || !route->watch.has(message)) return;  // refused already
  route->handler(request_of(message, path),
                 [pending = PendingAnswer(route->answers, message)](Response response) mutable {
                   pending.send(std::move(response));
                 });
}

}  // namespace

struct HttpServer::Impl {
  std::optional<RequestWatch> watch;
  Object<SoupServer> server;
  std::shared_ptr<AnswerLoop> answers;  // shared with answers on other threads
};

HttpServer::HttpServer(const Limits& limits) : impl_(std::make_unique<Impl>()) {
  impl_->answers = std::make_shared<AnswerLoop>(loop_);
  loop_.run([this, &limits] {
    impl_->server.reset(soup_server_new("server-header", "kms ", nullptr));
    impl_->watch.emplace(loop_, impl_->server.get(), limits);
  });
  route("/", [](const Request&, Answer answer) { answer({.status = 404, .body = "not found\n"}); });
}

HttpServer::~HttpServer() {
  loop_.run([this] {
    soup_server_disconnect(impl_->server.get());
    impl_->answers->close();  // what handlers drop with themselves is not answered any more
    impl_->server.reset();
    impl_->watch.reset();
  });
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& listen) { return start(listen, {}); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& listen, const Limits& limits) {
  // The constructor is for start() alone.
  struct Startable : HttpServer {
    explicit Startable(const Limits& given) : HttpServer(given) {}
  };
  std::unique_ptr<HttpServer> server = std::make_unique<Startable>(limits);
  if (auto status = server->listen(listen); !status.ok()) return status;
  return server;
}

Status HttpServer::listen(const std::string& address) {
  auto where = parse_host_port(address);
  if (!where.ok()) return where.status();
  const auto* host = where->host == "localhost" ? "127.0.0.1" : where->host.c_str();
  const Object<GSocketAddress> socket(g_inet_socket_address_new_from_string(host, where->port));
  GError* failure = nullptr;
  loop_.run([&] {
    soup_server_listen(impl_->server.get(), socket.get(), static_cast<SoupServerListenOptions>(0), &failure);
    where->port = bound_port(impl_->server.get());
  });
  if (failure != nullptr) {
    const std::string why = failure->message;
    g_error_free(failure);
    return listen_failed(address, why);
  }
  address_ = where->to_string();
  return ok();
}

std::function<void(Task)> HttpServer::poster() const {
  return [answers = impl_->answers](Task task) { answers->post(std::move(task)); };
}

void HttpServer::route(const std::string& path, Handler handler) {
  loop_.run([&] {
    auto made = std::make_unique<Route>(Route{impl_->answers, *impl_->watch, std::move(handler)});
    soup_server_add_handler(impl_->server.get(), path.c_str(), dispatch, made.release(), [](gpointer data) {
      const std::unique_ptr<Route> owned(static_cast<Route*>(data));
    });
    soup_server_add_early_handler(impl_->server.get(), path.c_str(), limit_body, nullptr, nullptr);
  });
}

}  // namespace kms::http
