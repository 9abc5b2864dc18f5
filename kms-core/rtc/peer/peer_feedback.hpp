// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/forwarding/rtcp_outlet.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_generator.hpp"

namespace kms::rtc {

// The RTCP that we send to one peer: what its streams lack, transport-cc, and reports. Lives on the RTC
// thread.
class PeerFeedback {
 public:
  struct Peer {
    RtcpOutlet& outlet;
    PeerReceiver& receiver;
    const PeerConsumers& consumers;
    Switchboard& switchboard;
    bool reduced_size = true;  // the peer takes feedback that stands alone (RFC 5506)
  };

  explicit PeerFeedback(uint64_t peer);

  // A packet with a transport-wide sequence number came.
  void on_transport_sequence(uint16_t sequence, uint32_t media_ssrc, TimePoint arrived);
  // NACK and PLI, as soon as something is missing. Gives the time of the next call at the latest.
  TimePoint ask(const Peer& peer, TimePoint now);
  // Transport-cc and, once a second, reports.
  void tick(const Peer& peer, TimePoint now);

 private:
  // Room for the largest compound we make, sealed.
  static constexpr size_t kMaxCompound = 1200;
  using Buffer = std::array<uint8_t, kMaxCompound + SrtcpSealer::kOverhead>;

  void send_transport_feedback(const Peer& peer);
  void send_reports(const Peer& peer, TimePoint now);
  size_t report_blocks(const Peer& peer, TimePoint now, std::span<ReportBlock> out) const;
  bool sender_report(const Peer& peer, const PeerConsumers::Slot& slot, TimePoint now, SenderInfo* out) const;

  uint32_t ssrc_;  // that we report under where we send no media
  uint32_t media_ssrc_ = 0;
  std::unique_ptr<TransportFeedbackGenerator> transport_feedback_;  // made when the peer uses it
  TimePoint next_report_{};
  TimePoint next_transport_feedback_{};
};

}  // namespace kms::rtc
