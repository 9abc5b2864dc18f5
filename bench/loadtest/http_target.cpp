// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/http_target.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace kms::rtc::loadtest {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kRoom = "{room}";

Status invalid(std::string_view url, std::string_view why) {
  return error(StatusCode::kInvalidArgument, "URL_INVALID",
               fmt::format("\"{}\": {}; wanted is http://host[:port]/path", url, why));
}

struct Authority {
  std::string host;
  std::string port;
};

// "host", "host:port", "[v6]" or "[v6]:port".
bool split_authority(std::string_view text, Authority& out) {
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  const auto colon = text.find(':', bracket);
  out.host = bracket > 0 ? text.substr(1, bracket - 1) : text.substr(0, colon);
  out.port = colon == std::string_view::npos ? "80" : text.substr(colon + 1);
  uint16_t number = 0;
  const auto* end = out.port.data() + out.port.size();
  return !out.host.empty() && std::from_chars(out.port.data(), end, number).ptr == end && number != 0;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

// The first address that the system prefers.
bool look_up(const Authority& authority, SocketAddress& out) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(authority.host.c_str(), authority.port.c_str(), &wanted, &found) != 0) return false;
  const std::unique_ptr<addrinfo, FreeAddresses> owned(found);
  // The kernel's structures share their beginning, which says what they are.
  const auto* bytes = reinterpret_cast<const char*>(found->ai_addr);
  std::copy_n(bytes, std::min(found->ai_addrlen, SocketAddress::kCapacity),
              reinterpret_cast<char*>(out.data()));
  return true;
}

}  // namespace

Result<HttpTarget> HttpTarget::parse(std::string_view url) {
  if (!url.starts_with(kScheme)) return invalid(url, "only http is spoken here");
  const auto rest = url.substr(kScheme.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  HttpTarget target;
  target.host = rest.substr(0, slash);
  target.path = slash < rest.size() ? rest.substr(slash) : "/";
  Authority authority;
  if (!split_authority(target.host, authority)) return invalid(url, "no host and port");
  if (!look_up(authority, target.address)) return invalid(url, "there is no such host");
  return target;
}

HttpTarget HttpTarget::for_room(std::string_view room) const {
  auto target = *this;
  for (size_t at = 0; (at = target.path.find(kRoom, at)) != std::string::npos; at += room.size())
    target.path.replace(at, kRoom.size(), room);
  return target;
}

Result<HttpTarget> HttpTarget::redirected_to(std::string_view location) const {
  const bool stays = location.find("://") == std::string_view::npos ||
                     location.starts_with(fmt::format("{}{}/", kScheme, host));
  return stays ? at(location) : parse(location);
}

HttpTarget HttpTarget::at(std::string_view location) const {
  auto target = *this;
  if (const auto scheme = location.find("://"); scheme != std::string_view::npos) {
    location.remove_prefix(scheme + 3);
    location.remove_prefix(std::min(location.find('/'), location.size()));
  }
  if (location.starts_with('/')) {
    target.path = location;
  } else {
    target.path = target.path.substr(0, target.path.rfind('/') + 1) + std::string(location);
  }
  return target;
}

}  // namespace kms::rtc::loadtest
