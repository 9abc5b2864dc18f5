// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/media_attributes.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

Status bad_format(const SdpAttribute& at, std::string_view wanted) {
  return sdp_error(at.line, "SDP_BAD_ATTRIBUTE",
                   std::string(at.name) + " wants " + std::string(wanted) + ", not " + quoted(at.value));
}

// "IN IP4 192.0.2.1"; nothing where it has not that form.
std::optional<std::string_view> address_of(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 3 || words[0] != "IN" || (words[1] != "IP4" && words[1] != "IP6")) return std::nullopt;
  auto rest = words[2];
  const auto address = take_until(rest, '/');
  if (address.empty() || address.size() > sdp_limits::kWordSize) return std::nullopt;
  return address;
}

// 0 where it is none: a hint that cannot be read is no reason to refuse the rest. RFC 8866 allows no
// fraction, but some write one.
uint32_t milliseconds_of(std::string_view text) {
  return number_of<uint32_t>(text.substr(0, text.find('.'))).value_or(0);
}

}  // namespace

Status read_connection(const SdpAttribute& line, MediaDescription& media) {
  const auto address = address_of(line.value);
  if (!address)
    return sdp_error(line.line, "SDP_CONNECTION",
                     "c= wants \"IN IP4\" or \"IN IP6\" and an address, not " + quoted(line.value));
  media.address = *address;
  return ok();
}

Status read_bandwidth(const SdpAttribute& line, MediaDescription& media) {
  auto rest = line.value;
  const auto type = take_until(rest, ':');
  const auto value = number_of<uint64_t>(rest);
  // Whoever sends something else here has not been refused so far.
  if (!is_token(type) || !value || type.size() > sdp_limits::kWordSize) return ok();
  if (media.bandwidths.size() < sdp_limits::kBandwidths)
    media.bandwidths.push_back({std::string(type), *value});
  return ok();
}

Status read_rtcp(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto port = number_of<uint16_t>(take_until(rest, ' '));
  const auto address = rest.empty() ? std::optional<std::string_view>("") : address_of(rest);
  if (!port || !address) return bad_format(at, "a port, and perhaps \"IN IP4\" or \"IN IP6\" and an address");
  media.rtcp_port = *port;
  media.rtcp_address = *port == 0 ? "" : *address;
  return ok();
}

Status read_crypto(const SdpAttribute& at, MediaDescription& media) {
  auto rest = at.value;
  const auto tag = number_of<uint32_t>(take_until(rest, ' '));
  const auto suite = take_until(rest, ' ');
  const auto keys = take_until(rest, ' ');
  // The value is a key: it is not repeated in the text.
  if (!tag || *tag > 999'999'999 || !is_token(suite) || keys.empty())
    return sdp_error(at.line, "SDP_BAD_ATTRIBUTE",
                     "a=crypto wants a number, a suite and \"inline:\" and a key");
  if (media.crypto.size() >= sdp_limits::kCrypto) return ok();
  media.crypto.push_back({*tag, std::string(suite), std::string(keys), std::string(rest)});
  return ok();
}

Status read_ptime(const SdpAttribute& at, MediaDescription& media) {
  media.ptime_ms = milliseconds_of(at.value);
  return ok();
}

Status read_maxptime(const SdpAttribute& at, MediaDescription& media) {
  media.maxptime_ms = milliseconds_of(at.value);
  return ok();
}

}  // namespace kms::rtc
