// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/base/address_policy.hpp"
#include "kms-core/base/status.hpp"
#include "kms-core/rtc/net/socket_address.hpp"
#include "kms-core/rtc/plain/rtp_line.hpp"

namespace kms::rtc {

// Where the descriptions of peers may have us send: to unicast addresses, but none of this machine alone
// (unless that is where we are reached as well) or of its link. Immutable; any thread.
class PeerAddresses {
 public:
  PeerAddresses() = default;
  // `allowed`: besides.
  explicit PeerAddresses(std::vector<AddressRange> allowed) : allowed_(std::move(allowed)) {}

  // `own`: the IP address that our descriptions name.
  bool allows(const SocketAddress& peer, const std::string& own) const;
  // Of what `theirs` came to. Reason: SDP_ADDRESS.
  Status check(const MediaDescription& theirs, const RtpLine& line, const std::string& own) const;

 private:
  std::vector<AddressRange> allowed_;
};

}  // namespace kms::rtc
