// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/request_watch.hpp"

namespace kms::http {
namespace {

// libsoup sees the end of the connection and gives the request up.
void hang_up(GSocket* socket) { g_socket_shutdown(socket, TRUE, TRUE, nullptr); }

}  // namespace

RequestWatch::RequestWatch(Loop& loop, SoupServer* server, const HttpServer::Limits& limits)
    : loop_(loop), limits_(limits) {
  on(server, "request-started", &RequestWatch::started);
  on(server, "request-read", &RequestWatch::read);
  on(server, "request-finished", &RequestWatch::ended);
  on(server, "request-aborted", &RequestWatch::ended);
}

void RequestWatch::on(SoupServer* server, const char* signal, Event event) {
  using Handler = std::function<void(GSocket*)>;
  auto handler = std::make_unique<Handler>([this, event](GSocket* socket) { (this->*event)(socket); });
  const auto call = +[](SoupServer*, SoupServerMessage* message, gpointer data) {
    auto* socket = soup_server_message_get_socket(message);
    if (socket != nullptr) (*static_cast<Handler*>(data))(socket);
  };
  const auto destroy =
      +[](gpointer data, GClosure*) { const std::unique_ptr<Handler> owned(static_cast<Handler*>(data)); };
  g_signal_connect_data(server, signal, G_CALLBACK(call), handler.release(), destroy, G_CONNECT_DEFAULT);
}

void RequestWatch::started(GSocket* socket) {
  if (!open_.contains(socket) && is_full()) return hang_up(socket);
  expect(socket, limits_.to_ask);
}

void RequestWatch::read(GSocket* socket) {
  if (open_.contains(socket)) expect(socket, limits_.to_answer);
}

void RequestWatch::expect(GSocket* socket, std::chrono::milliseconds limit) {
  auto& connection = open_[socket];
  if (!connection.socket) connection.socket.reset(static_cast<GSocket*>(g_object_ref(socket)));
  connection.timer = loop_.after(limit, [this, socket] {
    hang_up(socket);
    open_.erase(socket);
  });
}

bool RequestWatch::is_full() {
  if (open_.size() < limits_.connections) return false;
  std::erase_if(open_, [](const auto& entry) { return g_socket_is_closed(entry.first) != FALSE; });
  return open_.size() >= limits_.connections;
}

}  // namespace kms::http
