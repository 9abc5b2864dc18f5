// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "kms-core/bridge/gst_to_rtp.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/graph/duration.hpp"
#include "kms-core/web/web_address.hpp"

namespace kms::webrtc_client {
namespace {

using graph::invalid_option;
using std::chrono::milliseconds;

constexpr size_t kMostServers = 8;
constexpr size_t kLongestToken = 4096;

// Errors: INVALID_OPTIONS. `option.usual` is what counts when nothing is given.
Status read_time(bool given, const google::protobuf::Duration& value, const graph::DurationOption& option,
                 milliseconds& time) {
  const auto read = graph::read_duration(given ? &value : nullptr, option);
  if (read.ok()) time = *read;
  return read.status();
}

Status read_uri(const std::string& uri, Settings& settings) {
  const auto parsed = web::parse_web_address(uri);
  if (!parsed || g_uri_get_userinfo(parsed.get()) != nullptr)
    return invalid_option("uri", "it is no http(s)://host[:port]/path");
  const std::string host = g_uri_get_host(parsed.get());
  if (g_hostname_is_ip_address(host.c_str()) != FALSE && !settings.policy.allows(host)) {
    return error(StatusCode::kPermissionDenied, "URI_NOT_ALLOWED",
                 fmt::format("{} is neither public nor in the server's network.allow", host));
  }
  settings.uri = uri;
  return ok();
}

// RFC 6750 section 2.1.
Status read_token(const std::string& token, Settings& settings) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-._~+/=").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (token.size() > kLongestToken || !std::ranges::all_of(token, fits))
    return invalid_option("bearer_token", "it is none (RFC 6750)");
  settings.bearer_token = token;
  return ok();
}

template <typename Codecs>
Status read_codecs(const Codecs& given, Settings& settings) {
  std::vector<std::string> names(given.begin(), given.end());
  if (names.empty()) names = {"OPUS", "VP8", "H264"};
  for (const auto& name : names) {
    const auto codec = rtc::codec_named(name);
    if (!codec || api_name(*codec) != name || !bridge::GstToRtp::knows(*codec))
      return invalid_option(
          "codecs", fmt::format("\"{}\" is none of OPUS, PCMU, PCMA, G722, VP8, VP9, H264, H265", name));
    auto& list = rtc::is_audio(*codec) ? settings.audio : settings.video;
    if (std::ranges::find(list, *codec) == list.end()) list.push_back(*codec);
  }
  return ok();
}

Status read_server(const v1::IceServer& given, Settings& settings) {
  for (const auto& url : given.urls()) {
    auto server = parse_ice_server(url);
    if (!server.ok()) return invalid_option("connection.ice_servers.urls", message_of(server.status()));
    server->user = given.username();
    server->credential = given.credential();
    if (server->relay && (server->user.empty() || server->credential.empty()))
      return invalid_option("connection.ice_servers", "TURN wants username and credential");
    settings.ice_servers.push_back(*std::move(server));
  }
  if (settings.ice_servers.size() <= kMostServers) return ok();
  return invalid_option("connection.ice_servers", "they are more than 8");
}

Status read_reconnect(const v1::Reconnect& given, Settings& settings) {
  using namespace std::chrono_literals;
  settings.retries = !given.off();
  settings.attempts = given.attempts();
  const auto status =
      read_time(given.has_initial(), given.initial(),
                {"connection.reconnect.initial", settings.first_wait, 50ms, 1h}, settings.first_wait);
  if (!status.ok()) return status;
  settings.longest_wait = std::max(settings.longest_wait, settings.first_wait);
  return read_time(given.has_most(), given.most(),
                   {"connection.reconnect.most", settings.longest_wait, settings.first_wait, 1h},
                   settings.longest_wait);
}

Status read_connection(const v1::Connection& given, Settings& settings) {
  using namespace std::chrono_literals;
  settings.relay_only = given.relay_only();
  for (const auto& server : given.ice_servers()) {
    if (auto status = read_server(server, settings); !status.ok()) return status;
  }
  for (const auto& status : {read_time(given.has_timeout(), given.timeout(),
                                       {"connection.timeout", settings.timeout, 1s, 120s}, settings.timeout),
                             read_time(given.has_stall(), given.stall(),
                                       {"connection.stall", settings.stall, 2s, 300s}, settings.stall)}) {
    if (!status.ok()) return status;
  }
  return read_reconnect(given.reconnect(), settings);
}

template <typename Options>
Result<Settings> read_common(const Config& config, const Options& options) {
  auto policy = AddressPolicy::create(config.network.allow);
  if (!policy.ok()) return policy.status();
  Settings settings;
  settings.policy = *std::move(policy);
  for (const auto& status :
       {read_uri(options.uri(), settings), read_token(options.bearer_token(), settings),
        read_codecs(options.codecs(), settings), read_connection(options.connection(), settings)}) {
    if (!status.ok()) return status;
  }
  return settings;
}

}  // namespace

Result<Settings> read_options(const Config& config, const v1::WhipClientOptions& options) {
  return read_common(config, options);
}

Result<Settings> read_options(const Config& config, const v1::WhepClientOptions& options) {
  constexpr uint32_t kLeast = 10;
  constexpr uint32_t kMost = 2000;
  auto settings = read_common(config, options);
  const auto given = options.jitter_buffer_ms();
  if (!settings.ok() || given == 0) return settings;
  if (given < kLeast || given > kMost)
    return invalid_option("jitter_buffer_ms", fmt::format("{} is not from {} to {}", given, kLeast, kMost));
  settings->latency = milliseconds(given);
  return settings;
}

std::string api_name(rtc::Codec codec) {
  std::string name(rtc::name_of(codec));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

}  // namespace kms::webrtc_client
