// SPDX-License-Identifier: Apache-2.0
#include "elements/player/rtsp_connection.hpp"

#include <fmt/format.h>

#include <array>

namespace kms::player {
namespace {

constexpr size_t kMostUnsent = 64 * 1024;

using web::Failure;

uint16_t port_of(const LiveUri& uri) {
  if (uri.port != 0) return uri.port;
  return uri.scheme == "rtsps" ? 322 : 554;
}

std::string address_text(GSocketAddress* address) {
  auto* inet = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
  const std::unique_ptr<char, decltype(&g_free)> text(g_inet_address_to_string(inet), g_free);
  return text.get();
}

void end(GSource*& source) {
  if (source == nullptr) return;
  g_source_destroy(source);
  g_source_unref(std::exchange(source, nullptr));
}

}  // namespace

RtspConnection::RtspConnection(const Where& where)
    : where_(where), auth_(where.uri.user, where.uri.password) {}

RtspConnection::~RtspConnection() {
  end(incoming_);
  end(tick_);
}

Status RtspConnection::gone(std::string_view why) const {
  return error(StatusCode::kFailedPrecondition, "UNREADABLE", fmt::format("{}: {}", where_.uri.shown(), why));
}

Result<std::unique_ptr<RtspConnection>> RtspConnection::open(const Where& where) {
  auto connection = std::unique_ptr<RtspConnection>(new RtspConnection(where));  // its constructor is private
  const auto status = connection->connect();
  if (!status.ok()) return status;
  connection->watch();
  return connection;
}

Status RtspConnection::connect() {
  const auto& uri = where_.uri;
  const auto addresses = checked_addresses(uri.host, where_.policy, where_.cancellable);
  if (!addresses.ok()) return addresses.status();
  const auto destination = named_destination(uri.host, port_of(uri), *addresses);
  const Object<GSocketClient> client(g_socket_client_new());
  g_socket_client_set_enable_proxy(client.get(), FALSE);  // a proxy would look names up by itself
  g_socket_client_set_timeout(client.get(), where_.patience_s);
  g_socket_client_set_tls(client.get(), uri.scheme == "rtsps" ? TRUE : FALSE);
  GError* problem = nullptr;
  stream_.reset(g_socket_client_connect(client.get(), destination.get(), where_.cancellable, &problem));
  const Failure failure(problem);
  if (failure) return gone(failure->message);
  const Object<GSocketAddress> remote(g_socket_connection_get_remote_address(stream_.get(), nullptr));
  if (!remote) return gone("the server has hung up");
  remote_ = address_text(remote.get());
  g_socket_set_timeout(g_socket_connection_get_socket(stream_.get()),
                       0);  // silence is no failure from now on
  return ok();
}

void RtspConnection::watch() {
  auto* in = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(G_IO_STREAM(stream_.get())));
  const auto readable = [](GObject*, gpointer self) -> gboolean {
    return static_cast<RtspConnection*>(self)->read() ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
  };
  const GPollableSourceFunc on_readable = readable;
  incoming_ = g_pollable_input_stream_create_source(in, where_.cancellable);
  g_source_set_callback(incoming_, G_SOURCE_FUNC(on_readable), this, nullptr);
  g_source_attach(incoming_, g_main_context_get_thread_default());
  tick_ = g_timeout_source_new(static_cast<guint>(kTick.count()));
  const auto count = [](gpointer self) -> gboolean {
    ++static_cast<RtspConnection*>(self)->ticks_;
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(tick_, count, this, nullptr);
  g_source_attach(tick_, g_main_context_get_thread_default());
}

// False: nothing more comes.
bool RtspConnection::read() {
  std::array<char, 64 * 1024> bytes;
  auto* in = G_POLLABLE_INPUT_STREAM(g_io_stream_get_input_stream(G_IO_STREAM(stream_.get())));
  GError* problem = nullptr;
  const auto count =
      g_pollable_input_stream_read_nonblocking(in, bytes.data(), bytes.size(), where_.cancellable, &problem);
  const Failure failure(problem);
  if (failure && g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) != FALSE) return true;
  if (count <= 0) failure_ = gone(failure ? failure->message : "the server has hung up");
  if (count <= 0) return false;
  reader_.put(bytes.data(), static_cast<size_t>(count));
  for (;;) {
    auto item = reader_.next();
    if (!item.ok()) {
      failure_ = error(item.status().code(), reason_of(item.status()),
                       fmt::format("{}: {}", where_.uri.shown(), message_of(item.status())));
      return false;
    }
    if (std::holds_alternative<std::monostate>(*item)) return true;
    take(std::move(*item));
  }
}

void RtspConnection::take(RtspReader::Item item) {
  if (const auto* packet = std::get_if<RtspPacket>(&item)) {
    if (on_packet_) on_packet_(*packet);
    return;
  }
  auto& message = std::get<RtspMessage>(item);
  const auto number = message.header("CSeq").value_or("");
  if (message.status == 0) {  // some servers look in this way whether we are there
    write(fmt::format("RTSP/1.0 200 OK\r\nCSeq: {}\r\n\r\n", number.substr(0, 32)));
  } else if (number == std::to_string(number_)) {
    answer_ = std::move(message);
  }
}

std::string RtspConnection::compose(const Request& request) {
  auto text = fmt::format("{} {} RTSP/1.0\r\nCSeq: {}\r\nUser-Agent: kms\r\n", request.method, request.uri,
                          ++number_);
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  const auto proof = auth_.authorization(request.method, request.uri);
  if (proof) text += fmt::format("Authorization: {}\r\n", *proof);
  return text + "\r\n";
}

// A server that does not read holds nobody up.
bool RtspConnection::write(const std::string& text) {
  if (unsent_.size() > kMostUnsent) return false;
  unsent_ += text;
  flush();
  return true;
}

void RtspConnection::flush() {
  if (unsent_.empty()) return;
  auto* out = G_POLLABLE_OUTPUT_STREAM(g_io_stream_get_output_stream(G_IO_STREAM(stream_.get())));
  const auto count =
      g_pollable_output_stream_write_nonblocking(out, unsent_.data(), unsent_.size(), nullptr, nullptr);
  if (count > 0) unsent_.erase(0, static_cast<size_t>(count));
}

bool RtspConnection::tell(const Request& request) { return write(compose(request)); }

bool RtspConnection::send_packet(uint8_t channel, const std::string& bytes) {
  if (bytes.size() > 0xffff) return false;
  const std::string head{'$', static_cast<char>(channel), static_cast<char>(bytes.size() >> 8),
                         static_cast<char>(bytes.size() & 0xff)};
  return write(head + bytes);
}

Status RtspConnection::step() {
  flush();
  g_main_context_iteration(g_main_context_get_thread_default(), TRUE);
  if (g_cancellable_is_cancelled(where_.cancellable) != FALSE) return gone("stopped");
  return failure_;
}

Result<RtspMessage> RtspConnection::wait_for_answer() {
  const auto begun = ticks_;
  while (!answer_) {
    const auto status = step();
    if (answer_) break;  // its last words
    if (!status.ok()) return status;
    if ((ticks_ - begun) * kTick > std::chrono::seconds(where_.patience_s)) {
      return gone(fmt::format("no answer within {} s", where_.patience_s));
    }
  }
  return *std::exchange(answer_, std::nullopt);
}

Result<RtspMessage> RtspConnection::ask(const Request& request) {
  constexpr int kTries = 3;  // without proof, with it, and once more when the server's challenge was stale
  for (int tries = 1;; ++tries) {
    answer_.reset();
    if (!write(compose(request))) return gone("the server does not read");
    auto answer = wait_for_answer();
    if (!answer.ok() || answer->status != 401) return answer;
    if (tries < kTries && auth_.challenge(answer->all("WWW-Authenticate"))) continue;
    return error(StatusCode::kPermissionDenied, "UNAUTHORIZED",
                 fmt::format("{}: the server wants {} user and password", where_.uri.shown(),
                             auth_.has_credentials() ? "another" : "a"));
  }
}

}  // namespace kms::player
