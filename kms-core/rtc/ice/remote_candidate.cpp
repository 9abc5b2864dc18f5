// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/remote_candidate.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace kms::rtc {
namespace {

constexpr size_t kMostText = 1024;

Status invalid(const char* what) {
  return error(
      StatusCode::kInvalidArgument, "CANDIDATE_INVALID",
      std::string("the candidate has no valid ") + what +
          "; wanted is \"candidate:<foundation> <component> <protocol> <priority> <address> <port> typ "
          "<type>\" (RFC 8839)");
}

// A word between single spaces, of letters, digits and `others`.
std::optional<std::string_view> take_word(std::string_view& rest, std::string_view others, size_t longest) {
  const auto word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  const auto fits = [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || others.find(c) != std::string_view::npos;
  };
  if (word.empty() || word.size() > longest || !std::ranges::all_of(word, fits)) return std::nullopt;
  return word;
}

template <typename Number>
std::optional<Number> take_number(std::string_view& rest) {
  const auto word = take_word(rest, "", 10);
  Number number{};
  if (!word) return std::nullopt;
  const auto [end, failure] = std::from_chars(word->data(), word->data() + word->size(), number);
  if (failure != std::errc{} || end != word->data() + word->size()) return std::nullopt;
  return number;
}

}  // namespace

Result<RemoteCandidate> parse_candidate(std::string_view text) {
  constexpr std::string_view kName = "candidate:";
  if (text.starts_with("a=")) text.remove_prefix(2);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (!text.starts_with(kName) || text.size() > kMostText) return invalid("beginning");
  text.remove_prefix(kName.size());
  const auto foundation = take_word(text, "+/", 32);
  const auto component = take_number<uint16_t>(text);
  const auto protocol = take_word(text, "-", 16);
  const auto priority = take_number<uint32_t>(text);
  const auto address = take_word(text, ".:-_%", 255);
  const auto port = take_number<uint16_t>(text);
  const auto typ = take_word(text, "", 3);
  const auto type = take_word(text, "-", 16);
  if (!foundation) return invalid("foundation");
  if (!component || *component == 0 || *component > 256) return invalid("component");
  if (!protocol) return invalid("protocol");
  if (!priority || *priority == 0 || *priority > 0x7fffffff) return invalid("priority");
  if (!address) return invalid("address");
  if (!port) return invalid("port");
  if (typ != "typ" || !type) return invalid("type");
  return RemoteCandidate{std::string(*foundation), *component, std::string(*protocol), *priority,
                         std::string(*address),    *port,      std::string(*type)};
}

}  // namespace kms::rtc
