// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/signalling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>

#include "kms-core/base/log.hpp"
#include "kms-core/web/exchange.hpp"
#include "kms-core/web/web_address.hpp"

namespace kms::webrtc_client {
namespace {

constexpr int kRedirections = 5;
constexpr size_t kLongestAnswer = 64 << 10;
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kGoodbyePatience{2};

// Without what stands behind a "?": it may be a key.
std::string shown(const std::string& uri) { return uri.substr(0, uri.find('?')); }

bool same_origin(const std::string& one, const std::string& other) {
  const auto a = web::parse_web_address(one);
  const auto b = web::parse_web_address(other);
  if (!a || !b) return false;
  const auto same = [](const char* x, const char* y) { return g_ascii_strcasecmp(x, y) == 0; };
  return same(g_uri_get_scheme(a.get()), g_uri_get_scheme(b.get())) &&
         same(g_uri_get_host(a.get()), g_uri_get_host(b.get())) &&
         web::port_of(a.get()) == web::port_of(b.get());
}

// Who we are is for the server that was named, and for no other.
std::map<std::string, std::string> headers_to(const std::string& uri, const Settings& settings) {
  if (settings.bearer_token.empty() || !same_origin(uri, settings.uri)) return {};
  return {{"Authorization", "Bearer " + settings.bearer_token}};
}

std::string header(const web::Answer& answer, const char* name) {
  const auto found = answer.headers.find(name);
  return found == answer.headers.end() ? std::string() : found->second;
}

std::map<std::string, std::string> retry_after(const web::Answer& answer) {
  const auto text = header(answer, "retry-after");
  unsigned seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc{} || end != text.data() + text.size()) return {};
  return {{"retry_after", std::to_string(seconds)}};
}

// The word that the body of a kms' refusal begins with, and nothing else of it: ", NO_PUBLISHER". Empty:
// there is none.
std::string reason_in(std::string_view body) {
  constexpr size_t kLongest = 63;
  const auto is_of_word = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  const auto end = std::find_if_not(body.begin(), body.end(), is_of_word);
  const auto word = body.substr(0, static_cast<size_t>(end - body.begin()));
  const bool ends = end == body.end() || *end == ':' || *end == '\r' || *end == '\n';
  const bool is_reason = ends && word.size() <= kLongest && word.find('_') != std::string_view::npos;
  return is_reason ? ", " + std::string(word) : std::string();
}

Status refusal(const web::Answer& answer, const std::string& uri) {
  struct Meaning {
    StatusCode code;
    const char* reason;
  };
  const auto meaning = [&]() -> Meaning {
    if (answer.code == 401 || answer.code == 403) return {StatusCode::kPermissionDenied, "UNAUTHORIZED"};
    if (answer.code == 404 || answer.code == 410) return {StatusCode::kNotFound, "NOT_FOUND"};
    return {StatusCode::kFailedPrecondition, "SERVER_REFUSED"};
  }();
  return error(meaning.code, ErrorInfo{meaning.reason, {}, retry_after(answer)},
               fmt::format("{}: the server answered {}{}", shown(uri), answer.code, reason_in(answer.body)));
}

// What the exchange could not do.
Status unreachable(const Status& status) {
  if (reason_of(status) == "URI_NOT_ALLOWED") return status;
  return error(StatusCode::kUnavailable, "SERVER_UNREACHABLE", message_of(status));
}

bool moved(const web::Answer& answer) {
  return (answer.code == 307 || answer.code == 308) && !answer.location.empty();
}

// To where it leads; each place is held to the same rules as the first.
Result<web::Answer> post(const Settings& settings, const std::string& offer, GCancellable* cancellable) {
  web::Request request{.method = "POST",
                       .uri = settings.uri,
                       .headers = {},
                       .content_type = "application/sdp",
                       .bytes = offer,
                       .file = {},
                       .patience = kPatience};
  for (int hops = 0; hops <= kRedirections; ++hops) {
    request.headers = headers_to(request.uri, settings);
    auto answer = web::exchange(request, settings.policy, cancellable);
    if (!answer.ok()) return unreachable(answer.status());
    if (!moved(*answer)) return answer;
    request.uri = answer->location;
  }
  return error(StatusCode::kFailedPrecondition, "SERVER_REFUSED",
               fmt::format("{}: more than five redirections", shown(settings.uri)));
}

std::vector<std::string> linked_servers(const web::Answer& answer, const Settings& settings,
                                        GCancellable* cancellable) {
  std::vector<std::string> links;
  const auto [begin, end] = answer.headers.equal_range("link");
  for (auto at = begin; at != end; ++at) links.push_back(at->second);
  std::vector<std::string> out;
  for (const auto& server : ice_servers_of(links)) {
    const auto one = resolved({server}, settings.policy, cancellable);
    if (one.ok()) out.insert(out.end(), one->begin(), one->end());
    if (!one.ok())
      log::warn("An ICE server that a WHIP server names cannot be used",
                {{"reason", reason_of(one.status())}});
  }
  return out;
}

}  // namespace

Result<Welcome> post_offer(const Settings& settings, const std::string& offer, GCancellable* cancellable) {
  const auto answer = post(settings, offer, cancellable);
  if (!answer.ok()) return answer.status();
  if (answer->code != 200 && answer->code != 201) return refusal(*answer, settings.uri);
  const auto type = header(*answer, "content-type");
  if (!type.starts_with("application/sdp") || answer->body.size() >= kLongestAnswer) {
    return error(
        StatusCode::kInvalidArgument, "ANSWER_INVALID",
        fmt::format("{}: the server answers with what is no session description", shown(settings.uri)));
  }
  return Welcome{.answer = answer->body,
                 .resource = answer->location,
                 .ice_servers = linked_servers(*answer, settings, cancellable)};
}

void delete_resource(const Settings& settings, const std::string& resource, GCancellable* cancellable) {
  if (resource.empty()) return;
  const web::Request request{.method = "DELETE",
                             .uri = resource,
                             .headers = headers_to(resource, settings),
                             .content_type = {},
                             .bytes = {},
                             .file = {},
                             .patience = kGoodbyePatience};
  const auto answer = web::exchange(request, settings.policy, cancellable);
  if (!answer.ok())
    log::warn("A WHIP server could not be told goodbye", {{"reason", reason_of(answer.status())}});
}

Result<std::vector<std::string>> resolved(const std::vector<IceServer>& servers, const AddressPolicy& policy,
                                          GCancellable* cancellable) {
  std::vector<std::string> out;
  for (const auto& server : servers) {
    const auto addresses = web::checked_addresses(server.host, policy, cancellable);
    if (!addresses.ok()) return unreachable(addresses.status());
    const std::unique_ptr<char, decltype(&g_free)> text(g_inet_address_to_string(addresses->front().get()),
                                                        g_free);
    out.push_back(server.leading_to(text.get()));
  }
  return out;
}

}  // namespace kms::webrtc_client
