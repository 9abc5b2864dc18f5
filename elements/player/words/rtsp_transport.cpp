// SPDX-License-Identifier: Apache-2.0
#include "elements/player/words/rtsp_transport.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace kms::player {
namespace {

std::optional<unsigned> leading_number(std::string_view text) {
  unsigned value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

// "5000-5001" or "5000" behind `key`; what exceeds `most` is nothing.
std::pair<std::optional<unsigned>, std::optional<unsigned>> range_of(std::string_view value,
                                                                     std::string_view key, unsigned most) {
  const auto at = value.find(key);
  if (at == std::string_view::npos) return {};
  auto text = value.substr(at + key.size());
  text = text.substr(0, text.find_first_of(";,"));
  const auto fit = [most](std::optional<unsigned> n) { return n && *n <= most ? n : std::nullopt; };
  const auto dash = text.find('-');
  const auto second = dash == std::string_view::npos ? std::string_view() : text.substr(dash + 1);
  return {fit(leading_number(text)), fit(leading_number(second))};
}

}  // namespace

std::string udp_transport(uint16_t rtp_port) {
  return fmt::format("RTP/AVP;unicast;client_port={}-{}", rtp_port, rtp_port + 1);
}

std::string tcp_transport(uint8_t channel) {
  return fmt::format("RTP/AVP/TCP;unicast;interleaved={}-{}", channel, channel + 1);
}

RtspTransport parse_transport(std::string_view value) {
  RtspTransport out;
  out.tcp = value.find("/TCP") != std::string_view::npos;
  const auto [first, second] = range_of(value, "interleaved=", 255);
  if (first) out.channel = static_cast<uint8_t>(*first);
  if (second) out.report_channel = static_cast<uint8_t>(*second);
  const auto [rtp, rtcp] = range_of(value, "server_port=", 65535);
  out.server_rtp = static_cast<uint16_t>(rtp.value_or(0));
  out.server_rtcp = static_cast<uint16_t>(rtcp.value_or(0));
  return out;
}

std::optional<std::chrono::seconds> seconds_of(std::string_view value, std::string_view key) {
  const auto at = value.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const auto number = leading_number(value.substr(at + key.size()));
  return number ? std::optional(std::chrono::seconds(*number)) : std::nullopt;
}

bool says_goodbye(const void* compound, size_t size) {
  constexpr unsigned kBye = 203;
  const auto* bytes = static_cast<const uint8_t*>(compound);
  for (size_t at = 0; at + 4 <= size;) {
    if (bytes[at] >> 6 != 2) return false;
    if (bytes[at + 1] == kBye) return true;
    at += 4 * (size_t{1} + (size_t{bytes[at + 2]} << 8 | bytes[at + 3]));
  }
  return false;
}

}  // namespace kms::player
