// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kms-core/rtc/sdp/media_attributes.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

constexpr size_t kLongestRid = 16;  // what fits a one-byte header extension

Status bad_simulcast(const SdpAttribute& at, std::string_view wanted) {
  return sdp_error(
      at.line, "SDP_BAD_ATTRIBUTE",
      "a=" + std::string(at.name) + " wants " + std::string(wanted) + ", not " + quoted(at.value));
}

// RFC 8851 section 10 allows - and _ besides letters and digits; RFC 8852 only letters and digits.
bool is_rid(std::string_view text) {
  return is_token(text) && text.size() <= kLongestRid && std::ranges::all_of(text, [](char c) {
           return c == '-' || c == '_' || is_ice_text({&c, 1});
         });
}

std::vector<uint8_t> payload_types_of(std::string_view parameters) {
  std::vector<uint8_t> types;
  for (const auto parameter : split(parameters, ';')) {
    if (!parameter.starts_with("pt=")) continue;
    for (const auto text : split(parameter.substr(3), ',')) {
      if (const auto type = number_of<uint8_t>(text)) types.push_back(*type);
    }
  }
  return types;
}

// "~" in front says that a stream is paused at first.
std::string_view without_pause(std::string_view rid) { return rid.starts_with('~') ? rid.substr(1) : rid; }

bool read_streams(std::string_view list, std::vector<std::string>& to) {
  for (auto stream : split(list, ';')) {
    const auto rid = without_pause(take_until(stream, ','));
    if (!is_rid(rid) || to.size() >= sdp_limits::kRids) return false;
    to.emplace_back(rid);
  }
  return !to.empty();
}

}  // namespace

Status read_ssrc(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto ssrc = number_of<uint32_t>(take_until(rest, ' '));
  if (!ssrc || *ssrc == 0) return bad_simulcast(at, "a number from 1 to 4294967295");
  auto found = std::ranges::find(media.ssrcs, *ssrc, &SsrcEntry::ssrc);
  if (found == media.ssrcs.end()) {
    if (media.ssrcs.size() >= sdp_limits::kSsrcs) {
      return sdp_error(at.line, "SDP_TOO_MANY_ATTRIBUTES", "more than 64 SSRCs in one m-line");
    }
    media.ssrcs.push_back({*ssrc, {}});
    found = media.ssrcs.end() - 1;
  }
  if (rest.starts_with("cname:")) found->cname = rest.substr(6, 255);
  return ok();
}

Status read_ssrc_group(const SdpAttribute& at, MediaDescription& media) {
  const auto words = split(at.value, ' ');
  const size_t most = sdp_limits::kSsrcs;
  if (words.size() < 2 || words.size() > most || media.ssrc_groups.size() >= most || !is_token(words[0])) {
    return bad_simulcast(at, "a kind of group and its SSRCs");
  }
  SsrcGroup group{std::string(words[0]), {}};
  for (size_t i = 1; i < words.size(); ++i) {
    const auto ssrc = number_of<uint32_t>(words[i]);
    if (!ssrc || *ssrc == 0) return bad_simulcast(at, "SSRCs from 1 to 4294967295");
    group.ssrcs.push_back(*ssrc);
  }
  media.ssrc_groups.push_back(std::move(group));
  return ok();
}

Status read_rid(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto id = take_until(rest, ' ');
  const auto direction = take_until(rest, ' ');
  if (!is_rid(id) || (direction != "send" && direction != "recv"))
    return bad_simulcast(at, "a name and send or recv");
  if (std::ranges::find(media.rids, id, &RidEntry::id) != media.rids.end()) {
    return sdp_error(at.line, "SDP_DUPLICATE_RID", "rid " + quoted(id) + " comes twice in one m-line");
  }
  if (media.rids.size() >= sdp_limits::kRids) {
    return sdp_error(at.line, "SDP_TOO_MANY_ATTRIBUTES", "more than 16 rids in one m-line");
  }
  media.rids.push_back({std::string(id), direction == "send", payload_types_of(rest)});
  return ok();
}

Status read_simulcast(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  while (!rest.empty()) {
    const auto direction = take_until(rest, ' ');
    const auto list = take_until(rest, ' ');
    if (direction != "send" && direction != "recv")
      return bad_simulcast(at, "send or recv and a list of rids");
    auto& to = direction == "send" ? media.simulcast_send : media.simulcast_receive;
    if (!to.empty() || !read_streams(list, to)) return bad_simulcast(at, "one list of rids per direction");
  }
  return ok();
}

}  // namespace kms::rtc
