// SPDX-License-Identifier: Apache-2.0
#include "kms-core/web/exchange.hpp"

#include <fmt/format.h>
#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <array>
#include <memory>

#include "kms-core/web/web_address.hpp"

namespace kms::web {
namespace {

constexpr size_t kLongestBody = 64 << 10;
constexpr int kMostUnsent = 128 << 10;

// Without what stands behind a "?": it may be a key.
std::string shown(const std::string& uri) { return uri.substr(0, uri.find('?')); }

Status unreachable(const std::string& uri, std::string_view why) {
  return error(StatusCode::kUnavailable, "STORAGE_UNREACHABLE", fmt::format("{}: {}", shown(uri), why));
}

// What is sent; `request` outlives the message.
Status set_body(SoupMessage* message, const Request& request) {
  const char* type = request.content_type.empty() ? "application/octet-stream" : request.content_type.c_str();
  if (request.file.empty()) {
    if (request.bytes.empty()) return ok();
    GBytes* bytes = g_bytes_new_static(request.bytes.data(), request.bytes.size());
    soup_message_set_request_body_from_bytes(message, type, bytes);
    g_bytes_unref(bytes);
    return ok();
  }
  const Object<GFile> file(g_file_new_for_path(request.file.c_str()));
  GError* problem = nullptr;
  const Object<GFileInputStream> stream(g_file_read(file.get(), nullptr, &problem));
  Failure failure(problem);
  const Object<GFileInfo> info(
      stream ? g_file_input_stream_query_info(stream.get(), G_FILE_ATTRIBUTE_STANDARD_SIZE, nullptr, nullptr)
             : nullptr);
  if (!info) {
    return error(StatusCode::kDataLoss, "WRITE_FAILED",
                 fmt::format("{} cannot be read: {}", request.file, failure ? failure->message : "no size"));
  }
  soup_message_set_request_body(message, type, G_INPUT_STREAM(stream.get()),
                                g_file_info_get_size(info.get()));
  return ok();
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

std::string location_of(SoupMessage* message, const std::string& from) {
  const char* to = soup_message_headers_get_one(soup_message_get_response_headers(message), "Location");
  if (to == nullptr) return {};
  const std::unique_ptr<char, decltype(&g_free)> whole(
      g_uri_resolve_relative(from.c_str(), to, kUriFlags, nullptr), g_free);
  return whole ? std::string(whole.get()) : std::string(to);
}

std::multimap<std::string, std::string> headers_of(SoupMessage* message) {
  std::multimap<std::string, std::string> all;
  SoupMessageHeadersIter at;
  soup_message_headers_iter_init(&at, soup_message_get_response_headers(message));
  const char* name = nullptr;
  const char* value = nullptr;
  while (soup_message_headers_iter_next(&at, &name, &value) != FALSE) {
    const std::unique_ptr<char, decltype(&g_free)> lower(g_ascii_strdown(name, -1), g_free);
    all.emplace(lower.get(), value);
  }
  return all;
}

Object<SoupSession> session_to(GSocketConnectable* destination, std::chrono::seconds patience) {
  Object<SoupSession> session(soup_session_new_with_options("remote-connectable", destination, "timeout",
                                                            static_cast<guint>(patience.count()),
                                                            "user-agent", "kms", nullptr));
  soup_session_set_proxy_resolver(session.get(), nullptr);  // a proxy would look names up by itself
  soup_session_remove_feature_by_type(session.get(), SOUP_TYPE_CONTENT_DECODER);
  return session;
}

// What the kernel has taken and not sent yet looks sent: a slow server would get megabytes after the last
// byte was taken, and it is its answer that is waited for by then.
void bound_unsent(SoupMessage*, GSocketClientEvent event, GIOStream* connection, gpointer) {
  if (event != G_SOCKET_CLIENT_CONNECTED || !G_IS_SOCKET_CONNECTION(connection)) return;
  auto* socket = g_socket_connection_get_socket(G_SOCKET_CONNECTION(connection));
  g_socket_set_option(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kMostUnsent, nullptr);
}

Result<std::string> read_body(GInputStream* stream, const std::string& uri, GCancellable* cancellable) {
  std::string body;
  std::array<char, 8192> bytes;
  for (;;) {
    GError* problem = nullptr;
    const auto count = g_input_stream_read(stream, bytes.data(), bytes.size(), cancellable, &problem);
    const Failure failure(problem);
    if (failure) return unreachable(uri, failure->message);
    if (count == 0 || body.size() >= kLongestBody) return body;
    body.append(bytes.data(), static_cast<size_t>(count));
  }
}

}  // namespace

Result<Answer> exchange(const Request& request, const AddressPolicy& policy, GCancellable* cancellable) {
  const auto uri = parse_web_address(request.uri);
  if (!uri) return unreachable(request.uri, "no address of the web");
  const std::string host = g_uri_get_host(uri.get());
  const auto addresses = checked_addresses(host, policy, cancellable);
  if (!addresses.ok()) {
    const bool forbidden = reason_of(addresses.status()) == "URI_NOT_ALLOWED";
    return forbidden ? addresses.status() : unreachable(request.uri, message_of(addresses.status()));
  }
  const auto session =
      session_to(named_destination(host, port_of(uri.get()), *addresses).get(), request.patience);
  const Object<SoupMessage> message(soup_message_new_from_uri(request.method.c_str(), uri.get()));
  soup_message_add_flags(message.get(), SOUP_MESSAGE_NO_REDIRECT);
  g_signal_connect(message.get(), "network-event", G_CALLBACK(bound_unsent), nullptr);
  auto* headers = soup_message_get_request_headers(message.get());
  for (const auto& [name, value] : request.headers)
    soup_message_headers_replace(headers, name.c_str(), value.c_str());
  if (auto status = set_body(message.get(), request); !status.ok()) return status;
  GError* problem = nullptr;
  const Object<GInputStream> stream(soup_session_send(session.get(), message.get(), cancellable, &problem));
  const Failure failure(problem);
  if (failure) return unreachable(request.uri, failure->message);
  auto body = read_body(stream.get(), request.uri, cancellable);
  if (!body.ok()) return body.status();
  auto* answered = soup_message_get_response_headers(message.get());
  return Answer{.code = soup_message_get_status(message.get()),
                .etag = text_of(soup_message_headers_get_one(answered, "ETag")),
                .location = location_of(message.get(), request.uri),
                .body = *std::move(body),
                .headers = headers_of(message.get())};
}

}  // namespace kms::web
