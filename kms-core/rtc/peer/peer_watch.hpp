// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/peer/peer_transport.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc {

// Tells the application what becomes of a peer, each change once. Lives on the RTC thread.
class PeerWatch {
 public:
  // `announced`: of the peer's RTC thread, outlives the watch.
  PeerWatch(PeerEvents events, const std::vector<TransportAddress>& announced)
      : events_(std::move(events)), announced_(announced) {}

  // Compares with what was told before.
  void look_at(const PeerTransport& transport);
  // False if the state was told already.
  bool tell(PeerState state, const std::string& reason);
  void tell_goodbye() const {
    if (events_.on_goodbye) events_.on_goodbye();
  }
  // The peer's end.
  void close();

  IceTransportState ice() const { return ice_; }
  DtlsTransportState dtls() const { return dtls_; }
  const std::string& pair() const { return pair_; }

 private:
  void tell_ice(IceTransportState state);
  void tell_dtls(DtlsTransportState state);
  std::string pair_of(const Path& path) const;

  PeerEvents events_;
  const std::vector<TransportAddress>& announced_;
  PeerState state_ = PeerState::kNew;
  IceTransportState ice_ = IceTransportState::kNew;
  DtlsTransportState dtls_ = DtlsTransportState::kNew;
  Path path_;
  std::string pair_;
};

}  // namespace kms::rtc
