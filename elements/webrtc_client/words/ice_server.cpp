// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/words/ice_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace kms::webrtc_client {
namespace {

constexpr size_t kMostServers = 8;
constexpr size_t kLongestWord = 512;

Status invalid_server(std::string_view why) {
  return error(
      StatusCode::kInvalidArgument, "INVALID_OPTIONS",
      fmt::format("an ICE server is stun:host[:port] or turn:host[:port][?transport=udp|tcp]: {}", why));
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool all_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(
      text, [&](char c) { return is_alphanumeric(c) || others.find(c) != std::string_view::npos; });
}

std::string_view take_until(std::string_view& rest, char separator) {
  const auto part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

std::optional<uint16_t> port_of(std::string_view text) {
  uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool good = failure == std::errc{} && end == text.data() + text.size() && port != 0;
  return good ? std::optional(port) : std::nullopt;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// "[2001:db8::1]:3478", "stun.example.net".
Status read_host(std::string_view text, IceServer& server) {
  const bool brackets = text.starts_with('[');
  if (brackets && text.find(']') == std::string_view::npos) return invalid_server("no host");
  if (brackets) text.remove_prefix(1);
  const auto host = take_until(text, brackets ? ']' : ':');
  if (brackets && !text.empty() && take_until(text, ':') != "") return invalid_server("no host and port");
  const bool good = brackets ? all_of(host, ":.") : all_of(host, ".-");
  if (host.empty() || host.size() > 253 || !good) return invalid_server("no host");
  server.host = host;
  if (text.empty()) return ok();
  const auto port = port_of(text);
  if (!port) return invalid_server("no port");
  server.port = *port;
  return ok();
}

}  // namespace

std::string IceServer::leading_to(const std::string& address) const {
  const auto place = address.find(':') == std::string::npos ? address : '[' + address + ']';
  if (!relay) return fmt::format("stun://{}:{}", place, port);
  return fmt::format("turn://{}:{}@{}:{}{}{}", escaped(user), escaped(credential), place, port,
                     transport.empty() ? "" : "?transport=", transport);
}

Result<IceServer> parse_ice_server(std::string_view uri) {
  IceServer server;
  const auto scheme = take_until(uri, ':');
  if (scheme == "stuns" || scheme == "turns") return invalid_server("TLS to it is not supported");
  if (scheme != "stun" && scheme != "turn") return invalid_server("another scheme");
  server.relay = scheme == "turn";
  const auto place = take_until(uri, '?');
  if (const auto status = read_host(place, server); !status.ok()) return status;
  if (uri.empty()) return server;
  constexpr std::string_view kTransport = "transport=";
  if (!server.relay || !uri.starts_with(kTransport)) return invalid_server("another parameter");
  server.transport = uri.substr(kTransport.size());
  if (server.transport == "udp" || server.transport == "tcp") return server;
  return invalid_server("another transport");
}

namespace {

// Of a list of links: <target>; name=value; name="value", <target>...
class LinkReader {
 public:
  explicit LinkReader(std::string_view text) : rest_(text) {}

  struct Link {
    std::string target;
    std::map<std::string, std::string> parameters;
  };
  // Nothing at the end, and when it goes on with what is no link.
  std::optional<Link> next() {
    skip(" \t,");
    if (!rest_.starts_with('<')) return std::nullopt;
    rest_.remove_prefix(1);
    Link link;
    link.target = take_until(rest_, '>');
    for (skip(" \t"); rest_.starts_with(';'); skip(" \t")) {
      skip("; \t");
      read_parameter(link);
    }
    return link;
  }

 private:
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(characters)));
  }
  void read_parameter(Link& link) {
    std::string name;
    while (!rest_.empty() && (all_of(rest_.substr(0, 1), "-*!#$&+.^_`|~"))) {
      name += static_cast<char>(rest_[0] >= 'A' && rest_[0] <= 'Z' ? rest_[0] - 'A' + 'a' : rest_[0]);
      rest_.remove_prefix(1);
    }
    skip(" \t");
    std::string value;
    if (rest_.starts_with('=')) value = read_value();
    if (value.size() <= kLongestWord) link.parameters.emplace(std::move(name), std::move(value));
  }
  std::string read_value() {
    rest_.remove_prefix(1);
    skip(" \t");
    if (rest_.starts_with('"')) return read_quoted();
    const auto word = rest_.substr(0, rest_.find_first_of(" \t;,"));
    rest_.remove_prefix(word.size());
    return std::string(word);
  }
  std::string read_quoted() {
    std::string value;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_[0] != '"') {
      if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      value += rest_[0];
      rest_.remove_prefix(1);
    }
    rest_.remove_prefix(std::min<size_t>(rest_.size(), 1));
    return value;
  }

  std::string_view rest_;
};

std::optional<IceServer> server_of(const LinkReader::Link& link) {
  const auto value = [&](const char* name) {
    const auto found = link.parameters.find(name);
    return found == link.parameters.end() ? std::string() : found->second;
  };
  if (value("rel") != "ice-server") return std::nullopt;
  auto server = parse_ice_server(link.target);
  if (!server.ok()) return std::nullopt;
  server->user = value("username");
  server->credential = value("credential");
  const bool known = value("credential-type").empty() || value("credential-type") == "password";
  const bool complete = !server->relay || (!server->user.empty() && !server->credential.empty());
  return known && complete ? std::optional(*server) : std::nullopt;
}

}  // namespace

std::vector<IceServer> ice_servers_of(const std::vector<std::string>& links) {
  std::vector<IceServer> servers;
  for (const auto& text : links) {
    LinkReader reader(text);
    while (const auto link = reader.next()) {
      const auto server = server_of(*link);
      if (server && servers.size() < kMostServers) servers.push_back(*server);
    }
  }
  return servers;
}

}  // namespace kms::webrtc_client
