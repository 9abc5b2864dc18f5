// SPDX-License-Identifier: Apache-2.0
#include "elements/player/words/live_uri.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "kms-core/base/address_policy.hpp"

namespace kms::player {
namespace {

constexpr std::array<std::string_view, 4> kSchemes{"rtsp", "rtsps", "rtmp", "srt"};
constexpr uint16_t kFirstFreePort = 1024;  // those below are the system's
// Fields keep their encoding, so that what is sent is what was given.
constexpr auto kFlags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD);

struct FreeUri {
  void operator()(GUri* uri) const { g_uri_unref(uri); }
};
using Uri = std::unique_ptr<GUri, FreeUri>;
using Text = std::unique_ptr<char, decltype(&g_free)>;

std::string text_of(const char* text) { return text == nullptr ? "" : text; }

std::string decoded(const char* text) {
  const Text plain(text == nullptr ? nullptr : g_uri_unescape_string(text, nullptr), g_free);
  return plain ? plain.get() : text_of(text);
}

std::string scheme_of(const std::string& uri) {
  const Text scheme(g_uri_parse_scheme(uri.c_str()), g_free);
  const Text lower(scheme ? g_ascii_strdown(scheme.get(), -1) : nullptr, g_free);
  return text_of(lower.get());
}

// Where user and password stand, with the '@'; empty: none.
std::string_view credentials_in(std::string_view uri) {
  const auto begin = uri.find("://");
  if (begin == std::string_view::npos) return {};
  const auto rest = uri.substr(begin + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  const auto end = authority.rfind('@');
  return end == std::string_view::npos ? std::string_view() : authority.substr(0, end + 1);
}

bool has_line_break(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; });
}

}  // namespace

std::string LiveUri::leading_to(const std::string& to) const {
  const bool six = to.find(':') != std::string::npos;
  const auto at = port == 0 ? std::string() : fmt::format(":{}", port);
  return fmt::format("{}://{}{}{}{}{}", scheme, six ? "[" : "", to, six ? "]" : "", at, path);
}

bool is_live(const std::string& uri) {
  return std::find(kSchemes.begin(), kSchemes.end(), scheme_of(uri)) != kSchemes.end();
}

bool is_rtsp(const std::string& uri) { return scheme_of(uri).starts_with("rtsp"); }

std::string query_value(const LiveUri& uri, const std::string& name) {
  std::string_view rest = uri.query;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name || equals == pair.size()) continue;
    return decoded(std::string(pair.substr(equals + 1)).c_str());
  }
  return {};
}

bool is_listener(const LiveUri& uri) { return uri.scheme == "srt" && query_value(uri, "mode") == "listener"; }

namespace {

Status bad_srt(std::string_view why) {
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
               fmt::format("srt://host:port?mode=caller|listener&streamid=...: {}", why));
}

// A passphrase there would be in the logs of whoever wrote the address down.
Status check_srt(const LiveUri& uri) {
  const auto mode = query_value(uri, "mode");
  if (!query_value(uri, "passphrase").empty()) return bad_srt("give the passphrase as srt_passphrase");
  if (!mode.empty() && mode != "caller" && mode != "listener") return bad_srt("there is no other mode here");
  if (uri.port == 0) return bad_srt("it needs a port");
  if (!is_listener(uri)) return ok();
  if (g_hostname_is_ip_address(uri.host.c_str()) == FALSE)
    return bad_srt("a listener's host is an IP address");
  if (uri.port < kFirstFreePort) return bad_srt("a listener's port is at least 1024");
  return ok();
}

}  // namespace

Result<LiveUri> parse_live_uri(const std::string& uri) {
  GError* problem = nullptr;
  const Uri parsed(g_uri_parse(uri.c_str(), kFlags, &problem));
  g_clear_error(&problem);  // its text may hold the password
  LiveUri out;
  if (parsed) out.host = decoded(g_uri_get_host(parsed.get()));
  if (out.host.empty() || !is_live(uri) || has_line_break(uri) || has_line_break(out.host)) {
    return error(
        StatusCode::kInvalidArgument, "INVALID_OPTIONS",
        fmt::format("\"{}\" is no address of a live source: allowed is rtsp(s)://, rtmp:// or srt://host...",
                    without_credentials(uri, uri)));
  }
  out.scheme = scheme_of(uri);
  const auto port = g_uri_get_port(parsed.get());
  out.port = port > 0 ? static_cast<uint16_t>(port) : uint16_t{0};
  out.query = text_of(g_uri_get_query(parsed.get()));
  out.path = text_of(g_uri_get_path(parsed.get()));
  if (!out.query.empty()) out.path += "?" + out.query;
  out.user = decoded(g_uri_get_user(parsed.get()));
  out.password = decoded(g_uri_get_password(parsed.get()));
  const auto status = out.scheme == "srt" ? check_srt(out) : ok();
  return status.ok() ? Result<LiveUri>(out) : status;
}

Status check_live_uri(const Config& config, const std::string& uri) {
  const auto parsed = parse_live_uri(uri);
  if (!parsed.ok()) return parsed.status();
  const auto policy = AddressPolicy::create(config.network.allow);
  if (!policy.ok()) return policy.status();
  if (is_listener(*parsed)) return ok();  // who calls is checked then
  if (g_hostname_is_ip_address(parsed->host.c_str()) == FALSE || policy->allows(parsed->host)) return ok();
  return error(
      StatusCode::kPermissionDenied, "URI_NOT_ALLOWED",
      fmt::format("{}: the address is neither public nor in the server's network.allow", parsed->shown()));
}

std::string without_credentials(std::string text, const std::string& uri) {
  const auto secret = credentials_in(uri);
  if (secret.empty()) return text;
  for (auto at = text.find(uri); at != std::string::npos; at = text.find(uri, at)) {
    text.erase(at + static_cast<size_t>(secret.data() - uri.data()), secret.size());
  }
  return text;
}

Status without_credentials(const Status& status, const std::string& uri) {
  if (status.ok() || credentials_in(uri).empty()) return status;
  return error(status.code(), info_of(status), without_credentials(message_of(status), uri));
}

}  // namespace kms::player
