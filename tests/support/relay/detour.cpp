// SPDX-License-Identifier: Apache-2.0
#include "tests/support/relay/detour.hpp"

#include <fmt/format.h>

#include <sstream>

namespace kms::test {
namespace {

constexpr std::string_view kCandidate = "a=candidate:";

struct Candidate {
  std::string foundation, component, protocol, priority, ip;
  uint16_t port = 0;
};

Candidate read_candidate(std::string_view line) {
  std::istringstream words{std::string(line.substr(kCandidate.size()))};
  Candidate read;
  words >> read.foundation >> read.component >> read.protocol >> read.priority >> read.ip >> read.port;
  return read;
}

bool is_udp(const Candidate& candidate) { return candidate.protocol == "udp" || candidate.protocol == "UDP"; }

template <typename Take>
void each_line(std::string_view sdp, Take take) {
  while (!sdp.empty()) {
    auto line = sdp.substr(0, sdp.find('\n'));
    sdp.remove_prefix(std::min(sdp.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    take(line);
  }
}

}  // namespace

Result<rtc::SocketAddress> udp_address_in(std::string_view sdp) {
  std::string ip;
  uint16_t port = 0;
  bool candidate_found = false;
  each_line(sdp, [&](std::string_view line) {
    if (candidate_found) return;
    if (line.starts_with("c=IN IP4 ") && ip.empty()) ip = line.substr(9);
    if (line.starts_with("m=") && port == 0) {
      std::istringstream words{std::string(line)};
      std::string kind;
      words >> kind >> port;
    }
    if (!line.starts_with(kCandidate)) return;
    const auto candidate = read_candidate(line);
    if (!is_udp(candidate)) return;
    candidate_found = true;
    ip = candidate.ip;
    port = candidate.port;
  });
  if (port == 0) return error(StatusCode::kNotFound, "NO_ADDRESS", "the description names no UDP address");
  return rtc::SocketAddress::parse(ip, port);
}

std::string detour(std::string_view sdp, const rtc::SocketAddress& relay) {
  std::string out;
  bool in_line = false;  // this m-line has its candidate
  each_line(sdp, [&](std::string_view line) {
    if (line.starts_with("m=")) in_line = false;
    if (!line.starts_with(kCandidate)) {
      out += fmt::format("{}\r\n", line);
      return;
    }
    if (in_line || !is_udp(read_candidate(line))) return;
    in_line = true;
    out += fmt::format("a=candidate:1 1 udp 2130706431 {} {} typ host\r\n", relay.ip(), relay.port());
  });
  return out;
}

}  // namespace kms::test
