// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/peer_addresses.hpp"

#include <algorithm>
#include <array>

#include "kms-core/rtc/sdp/sdp_error.hpp"

namespace kms::rtc {
namespace {

// Unspecified ("this network"), link-local, multicast, reserved with broadcast: RFC 6890, RFC 4291.
constexpr std::array kNobodys{"0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
                              "::/128",    "fe80::/10",      "ff00::/8"};
constexpr std::array kLoopback{"127.0.0.0/8", "::1"};

using Bytes16 = std::array<uint8_t, 16>;

template <typename Ranges>
bool in_any(const Bytes16& address, const Ranges& ranges) {
  return std::ranges::any_of(ranges,
                             [&](const char* range) { return AddressRange::parse(range)->holds(address); });
}

}  // namespace

bool PeerAddresses::allows(const SocketAddress& peer, const std::string& own) const {
  const auto range = AddressRange::parse(peer.ip());
  if (!range) return false;
  const auto& address = range->address;
  if (std::ranges::any_of(allowed_, [&](const AddressRange& each) { return each.holds(address); }))
    return true;
  if (in_any(address, kNobodys)) return false;
  const auto ours = AddressRange::parse(own);
  return !in_any(address, kLoopback) || (ours && in_any(ours->address, kLoopback));
}

Status PeerAddresses::check(const MediaDescription& theirs, const RtpLine& line,
                            const std::string& own) const {
  for (const auto& address : {line.remote, line.remote_rtcp}) {
    if (!address || allows(*address, own)) continue;
    return sdp_error(
        theirs.line, "SDP_ADDRESS",
        "nothing is sent to " + address->ip() +
            ": descriptions may name unicast addresses that are not link-local, loopback only where "
            "the server names a loopback address itself, and what its rtp.allow lists");
  }
  return ok();
}

}  // namespace kms::rtc
