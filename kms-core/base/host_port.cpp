// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/host_port.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace kms {
namespace {

Status refuse(std::string_view text) {
  return error(
      StatusCode::kInvalidArgument, "INVALID_ADDRESS",
      fmt::format("\"{}\" is no address to listen on: give a numeric IP address or localhost and a port "
                  "from 0 to 65535, as 127.0.0.1:8080 or [::1]:8080",
                  text));
}

bool is_v4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_v6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool read_port(std::string_view text, uint16_t& port) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failure == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool HostPort::loopback() const { return host == "localhost" || host == "::1" || host.starts_with("127."); }

std::string HostPort::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

Result<HostPort> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse(text);
  HostPort parsed;
  if (!read_port(text.substr(colon + 1), parsed.port)) return refuse(text);
  const auto host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  parsed.host = bracketed ? host.substr(1, host.size() - 2) : host;
  const bool known = bracketed ? is_v6(parsed.host) : is_v4(parsed.host) || parsed.host == "localhost";
  if (!known) return refuse(text);
  return parsed;
}

}  // namespace kms
