// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/dtls/dtls_transport.hpp"
#include "kms-core/rtc/ice/ice_candidate.hpp"
#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"

namespace kms::rtc {

// What our side brings into a negotiation.
struct LocalDescription {
  IceCredentials credentials;
  Fingerprint fingerprint;
  std::vector<TransportAddress> addresses;
  // What is to be sent: first those that have a line, then those that wait for one.
  std::vector<SourceRef> outgoing;
};

// What an offer and its answer agreed on.
struct Negotiated {
  std::string sdp;
  Fingerprint fingerprint;
  DtlsRole role = DtlsRole::kServer;
  std::vector<ReceiveLine> receive;
  std::vector<SendLine> send;
};

// Turns offers into answers and remembers what must stay the same from one to the next. Lives on the RTC
// thread.
class PeerNegotiation {
 public:
  Result<Negotiated> answer(const std::string& offer, const LocalDescription& local);
};

}  // namespace kms::rtc
