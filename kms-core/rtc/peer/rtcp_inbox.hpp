// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/peer/peer_bandwidth.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"
#include "kms-core/rtc/rtcp/rtcp_types.hpp"

namespace kms::rtc {

// The RTCP that one peer sends us: reports on its streams, and feedback on ours. Lives on the RTC thread.
class RtcpInbox {
 public:
  // `bandwidth`: null where nobody asks what the way bears.
  RtcpInbox(PeerReceiver& receiver, PeerConsumers& consumers, PeerBandwidth* bandwidth = nullptr)
      : receiver_(receiver), consumers_(consumers), bandwidth_(bandwidth) {}

  // A compound in the clear. False if it was malformed; what came before the fault has taken effect.
  bool read(Bytes compound, TimePoint now);
  // Whether a source said goodbye in what was read last.
  bool said_goodbye() const { return said_goodbye_; }

 private:
  void on_packet(const RtcpPacket& packet, TimePoint now);
  void on_sender_report(const RtcpPacket& packet, TimePoint now);
  void on_report_blocks(const RtcpPacket& packet, TimePoint now);
  void on_transport_feedback(const RtcpPacket& packet, TimePoint now);
  void on_nack(const RtcpPacket& packet);
  void on_payload_feedback(const RtcpPacket& packet, TimePoint now);
  void on_bye(const RtcpPacket& packet);

  PeerReceiver& receiver_;
  PeerConsumers& consumers_;
  PeerBandwidth* bandwidth_;
  bool said_goodbye_ = false;
};

}  // namespace kms::rtc
