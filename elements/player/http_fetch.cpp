// SPDX-License-Identifier: Apache-2.0
#include "elements/player/http_fetch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/web/web_address.hpp"

namespace kms::player {
namespace {

constexpr int kRedirections = 5;

using web::Failure;
using web::kUriFlags;

Status unreadable_at(const std::string& uri, std::string_view why) {
  return error(StatusCode::kFailedPrecondition, "UNREADABLE", fmt::format("{}: {}", uri, why));
}

Status broken_off(const std::string& uri, std::string_view why) {
  return error(StatusCode::kUnavailable, "UNREADABLE", fmt::format("{}: {}", uri, why));
}

// What says that a later part is of the same resource. Weak tags do not.
std::string validator_of(SoupMessageHeaders* headers) {
  const char* tag = soup_message_headers_get_one(headers, "ETag");
  if (tag != nullptr && !g_str_has_prefix(tag, "W/")) return tag;
  const char* date = soup_message_headers_get_one(headers, "Last-Modified");
  return date == nullptr ? "" : date;
}

}  // namespace

Status check_http_uri(const std::string& uri, const AddressPolicy& policy) {
  const auto parsed = web::parse_web_address(uri);
  if (!parsed) {
    return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
                 fmt::format("\"{}\" is no address of the web: allowed is http(s)://host/path", uri));
  }
  const char* host = g_uri_get_host(parsed.get());
  if (g_hostname_is_ip_address(host) == FALSE || policy.allows(host)) return ok();
  return error(StatusCode::kPermissionDenied, "URI_NOT_ALLOWED",
               fmt::format("{}: the address is neither public nor in the server's network.allow", uri));
}

Result<std::unique_ptr<HttpFetch>> HttpFetch::get(const Request& request, const AddressPolicy& policy,
                                                  GCancellable* cancellable) {
  auto hop = request;
  for (int hops = 0; hops <= kRedirections; ++hops) {
    auto fetch = std::unique_ptr<HttpFetch>(new HttpFetch);  // its constructor is private
    auto status = fetch->send(hop, policy, cancellable);
    if (!status.ok()) return status;
    const auto next = fetch->redirection(hop.uri);
    if (!next) {
      status = fetch->take_answer(hop);
      if (!status.ok()) return status;
      fetch->uri_ = hop.uri;
      return fetch;
    }
    hop.uri = *next;
  }
  return unreadable_at(request.uri, "more than five redirections");
}

Status HttpFetch::send(const Request& request, const AddressPolicy& policy, GCancellable* cancellable) {
  const auto uri = web::parse_web_address(request.uri);
  if (!uri) return unreadable_at(request.uri, "not an address of the web");
  const std::string host = g_uri_get_host(uri.get());
  const auto addresses = checked_addresses(host, policy, cancellable);
  if (!addresses.ok()) return addresses.status();
  const auto destination = named_destination(host, web::port_of(uri.get()), *addresses);
  session_.reset(soup_session_new_with_options("remote-connectable", destination.get(), "timeout",
                                               request.patience_s, "user-agent", "kms", nullptr));
  soup_session_set_proxy_resolver(session_.get(), nullptr);  // a proxy would look names up by itself
  soup_session_remove_feature_by_type(session_.get(), SOUP_TYPE_CONTENT_DECODER);
  message_.reset(soup_message_new_from_uri("GET", uri.get()));
  soup_message_add_flags(message_.get(), SOUP_MESSAGE_NO_REDIRECT);
  auto* headers = soup_message_get_request_headers(message_.get());
  soup_message_headers_set_range(headers, static_cast<goffset>(request.offset), -1);
  if (!request.validator.empty()) {
    soup_message_headers_replace(headers, "If-Range", request.validator.c_str());
  }
  GError* problem = nullptr;
  body_.reset(soup_session_send(session_.get(), message_.get(), cancellable, &problem));
  const Failure failure(problem);
  return failure ? broken_off(request.uri, failure->message) : ok();
}

std::optional<std::string> HttpFetch::redirection(const std::string& from) const {
  const auto code = soup_message_get_status(message_.get());
  const bool moved = code == 301 || code == 302 || code == 303 || code == 307 || code == 308;
  const char* to =
      soup_message_headers_get_one(soup_message_get_response_headers(message_.get()), "Location");
  if (!moved || to == nullptr) return std::nullopt;
  const std::unique_ptr<char, decltype(&g_free)> whole(
      g_uri_resolve_relative(from.c_str(), to, kUriFlags, nullptr), g_free);
  return whole ? std::string(whole.get()) : std::string(to);
}

Status HttpFetch::take_answer(const Request& request) {
  const auto code = static_cast<int>(soup_message_get_status(message_.get()));
  const auto text = fmt::format("the server answered {}", code);
  if (code == 404 || code == 410) {
    return error(StatusCode::kNotFound, "NOT_FOUND", fmt::format("{}: {}", request.uri, text));
  }
  auto* headers = soup_message_get_response_headers(message_.get());
  validator_ = validator_of(headers);
  const bool known = !request.validator.empty() && !validator_.empty();
  if (known && code < 300 && validator_ != request.validator) {
    return unreadable_at(request.uri, "the resource changed");
  }
  if (code == 206) return take_part(request);
  if (code >= 500) return broken_off(request.uri, text);
  if (code == 200 && request.offset != 0) {
    return unreadable_at(request.uri, "the resource changed, or the server gives no ranges any more");
  }
  if (code != 200) return unreadable_at(request.uri, text);
  if (soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CONTENT_LENGTH) {
    size_ = static_cast<uint64_t>(soup_message_headers_get_content_length(headers));
    left_ = *size_;
  }
  return ok();
}

// What a server says of the part is believed only as far as it fits what was asked and what it said before.
Status HttpFetch::take_part(const Request& request) {
  goffset start = 0;
  goffset end = 0;
  goffset whole = -1;
  auto* headers = soup_message_get_response_headers(message_.get());
  const bool said = soup_message_headers_get_content_range(headers, &start, &end, &whole) != FALSE;
  const bool fits = said && start == static_cast<goffset>(request.offset) && end >= start &&
                    (whole < 0 || (whole > 0 && end < whole));
  if (!fits) return unreadable_at(request.uri, "the server answered with another part than was asked for");
  const bool changed = request.size && whole > 0 && static_cast<uint64_t>(whole) != *request.size;
  if (changed) return unreadable_at(request.uri, "the resource changed");
  seekable_ = whole > 0;
  if (whole > 0) size_ = static_cast<uint64_t>(whole);
  left_ = static_cast<uint64_t>(end - start + 1);
  return ok();
}

Result<size_t> HttpFetch::read(void* into, size_t size, GCancellable* cancellable) {
  if (left_) size = static_cast<size_t>(std::min<uint64_t>(size, *left_));
  if (size == 0) return size_t{0};
  GError* problem = nullptr;
  const auto count = g_input_stream_read(body_.get(), into, size, cancellable, &problem);
  const Failure failure(problem);
  const bool early = failure && g_error_matches(failure.get(), G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT) != FALSE;
  if (early || (!failure && count == 0 && left_)) {
    return error(StatusCode::kDataLoss, "TRUNCATED", "the server ended the answer early");
  }
  if (failure) return error(StatusCode::kUnavailable, "UNREADABLE", failure->message);
  if (left_) *left_ -= static_cast<uint64_t>(count);
  return static_cast<size_t>(count);
}

bool may_pass(const Status& status) {
  return status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kDataLoss;
}

}  // namespace kms::player
