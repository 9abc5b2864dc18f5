// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/ice_fragment.hpp"

#include <fmt/format.h>

#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_lines.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

// RFC 8839 section 5.4.
bool is_ice_word(std::string_view value, size_t shortest) {
  return value.size() >= shortest && value.size() <= 256 && is_ice_text(value);
}

// What is read so far; of credentials the first count.
struct Reader {
  Status read(const SdpLine& line);
  Status read_word(std::string& into, std::string_view value, size_t shortest) const;
  Status read_candidate(const SdpLine& line);

  std::string ufrag;
  std::string password;
  IceFragment out;
};

Status Reader::read_word(std::string& into, std::string_view value, size_t shortest) const {
  if (!is_ice_word(value, shortest)) {
    return sdp_error(0, "SDP_BAD_ATTRIBUTE",
                     fmt::format("{} is not {} to 256 letters, digits, + or /", quoted(value), shortest));
  }
  if (into.empty()) into = value;
  return ok();
}

Status Reader::read_candidate(const SdpLine& line) {
  if (out.candidates.size() >= sdp_limits::kCandidates) return ok();
  auto candidate = parse_candidate(line.value);
  if (!candidate.ok()) return candidate.status();
  out.candidates.push_back(*std::move(candidate));
  return ok();
}

Status Reader::read(const SdpLine& line) {
  if (line.type != 'a') return ok();
  auto value = line.value;
  const auto name = take_until(value, ':');
  if (name == "ice-ufrag") return read_word(ufrag, value, 4);
  if (name == "ice-pwd") return read_word(password, value, 22);
  if (name == "candidate") return read_candidate(line);
  out.complete = out.complete || name == "end-of-candidates";
  return ok();
}

bool has_port(std::string_view media) {
  take_until(media, ' ');
  return take_until(media, ' ') != "0";
}

}  // namespace

Result<IceFragment> parse_ice_fragment(std::string_view text) {
  if (text.size() > IceFragment::kLargest) {
    return sdp_error(
        0, "SDP_TOO_LARGE",
        fmt::format("the fragment has {} bytes, allowed are {}", text.size(), IceFragment::kLargest));
  }
  const auto lines = split_sdp(text);
  if (!lines.ok()) return lines.status();
  Reader reader;
  for (const auto& line : *lines) {
    if (const auto status = reader.read(line); !status.ok()) return status;
  }
  if (reader.ufrag.empty() != reader.password.empty())
    return sdp_error(0, "SDP_NO_CREDENTIALS", "the fragment has not both a=ice-ufrag and a=ice-pwd");
  if (!reader.ufrag.empty()) reader.out.credentials = IceCredentials{reader.ufrag, reader.password};
  const bool says = reader.out.credentials || !reader.out.candidates.empty() || reader.out.complete;
  if (!says) return sdp_error(0, "SDP_EMPTY", "the fragment says nothing of ICE");
  return std::move(reader.out);
}

std::string ice_fragment_head(std::string_view answer) {
  std::string group;
  std::string media;
  std::string mid;
  const auto lines = split_sdp(answer);
  for (size_t i = 0; lines.ok() && i < lines->size() && mid.empty(); ++i) {
    const auto& [type, value, number] = (*lines)[i];
    if (type == 'm' && media.empty() && has_port(value)) media = value;
    if (type == 'a' && value.starts_with("group:")) group = value;
    if (type == 'a' && value.starts_with("mid:") && !media.empty()) mid = value;
  }
  std::string out = "a=ice-lite\r\n";
  if (!group.empty()) out += fmt::format("a={}\r\n", group);
  return out + fmt::format("m={}\r\na={}\r\n", media, mid);
}

std::string write_ice_fragment(std::string_view head, const IceCredentials& local,
                               const std::vector<std::string>& candidates) {
  auto out = fmt::format("{}a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", head, local.ufrag, local.password);
  for (const auto& candidate : candidates) out += fmt::format("a={}\r\n", candidate);
  return out + "a=end-of-candidates\r\n";
}

}  // namespace kms::rtc
