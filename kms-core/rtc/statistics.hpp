// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/rtp/picture_size.hpp"

namespace kms::rtc {

// Of one stream, under the names of W3C webrtc-stats (RTCInboundRtpStreamStats, RTCOutboundRtpStreamStats,
// RTCRemoteInboundRtpStreamStats).
struct StreamStatistics {
  std::string mid;
  std::string rid;  // outbound: of the encoding that is sent
  bool video = false;
  Codec codec = Codec::kOpus;
  uint8_t payload_type = 0;
  uint32_t ssrc = 0;
  uint64_t packets = 0;                // packetsReceived or packetsSent
  uint64_t bytes = 0;                  // bytesReceived or bytesSent: payload
  int64_t packets_lost = 0;            // packetsLost; outbound: as the peer reports it
  double fraction_lost = 0;            // fractionLost, outbound: as the peer reports it, 0 to 1
  double jitter_s = 0;                 // jitter, seconds
  double round_trip_time_s = 0;        // roundTripTime, outbound; 0: not known
  double round_trips_s = 0;            // totalRoundTripTime, outbound
  uint64_t round_trips = 0;            // roundTripTimeMeasurements, outbound
  double send_delay_s = 0;             // totalPacketSendDelay, outbound: what pacing held up, of all packets
  uint64_t retransmitted_packets = 0;  // retransmittedPacketsReceived or retransmittedPacketsSent
  uint64_t fec_packets = 0;            // fecPacketsReceived, inbound: repetitions in RED
  uint64_t fec_packets_discarded = 0;  // fecPacketsDiscarded: those that were not needed
  uint64_t nack_count = 0;             // nackCount: NACK packets, inbound: sent, outbound: received
  uint64_t pli_count = 0;              // pliCount, likewise
  uint64_t fir_count = 0;              // firCount; we send none
  // Of pictures. Inbound: how many layers came lately, 1 and 1 without layers; 0: nothing of pictures.
  size_t spatial_layers = 0;
  size_t temporal_layers = 0;
  // frameWidth and frameHeight, as the latest key frame says; zeros: not known. Outbound: of what is sent.
  PictureSize picture = {};
  uint64_t last_ntp = 0;  // lastPacketReceivedTimestamp, inbound, as in sender reports; 0: nothing came
  bool wanted = true;     // inbound, of pictures: see EncodingsWanted
  // Outbound: the highest that is sent; nothing where its source has no such layers.
  std::optional<size_t> spatial_layer = {};
  std::optional<size_t> temporal_layer = {};
  // audioLevel, inbound: 0 to 1; nothing: the peer does not say.
  std::optional<double> audio_level = {};
  std::string parameters = {};  // sdpFmtpLine of the codec
  // RTCRemoteOutboundRtpStreamStats, inbound: what the peer reports that it sends. `ntp` as in sender reports
  // (RFC 3550 section 4).
  struct SenderReport {
    uint32_t packets = 0;
    uint32_t bytes = 0;
    uint64_t ntp = 0;
    uint64_t reports = 0;
  };
  std::optional<SenderReport> reported = {};
};

// Sums since the start, peers that are gone included; peers, pooled_packets and estimates are of now.
struct ServerStatistics {
  size_t peers = 0;
  uint64_t packets_in = 0;
  uint64_t bytes_in = 0;
  uint64_t packets_out = 0;
  uint64_t media_out = 0;  // RTP packets that were to go out
  uint64_t bytes_out = 0;
  uint64_t messages_out = 0;       // system call entries: packets_out / messages_out is the gain of batching
  uint64_t refused_datagrams = 0;  // garbage, forged, replayed, from unknown addresses
  uint64_t dropped_out = 0;        // refused by the kernel, or by a TCP connection that is too slow
  uint64_t dropped_between = 0;    // for another RTC thread that was far behind
  uint64_t pooled_packets = 0;
  // Packets of feedback, and what they were about.
  uint64_t nacks_sent = 0;
  uint64_t nacks_received = 0;
  uint64_t plis_sent = 0;
  uint64_t plis_received = 0;
  uint64_t firs_received = 0;
  uint64_t resent = 0;         // packets of media that were sent again
  uint64_t lost_incoming = 0;  // packets of media that did not come in time
  uint64_t lost_outgoing = 0;  // as receivers report
  // Of peers whose PeerStatistics::available_outgoing_bps is known now: how many, its sum and the least.
  size_t estimated_peers = 0;
  double available_outgoing_bps = 0;
  double least_available_bps = 0;
};

}  // namespace kms::rtc
