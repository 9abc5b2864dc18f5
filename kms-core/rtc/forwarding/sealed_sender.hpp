// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/rtc/forwarding/packet_ref.hpp"
#include "kms-core/rtc/forwarding/send_target.hpp"
#include "kms-core/rtc/net/send_batch.hpp"

namespace kms::rtc {

// What identifies one outgoing RTP packet.
struct OutgoingRtp {
  uint64_t index;  // sequence number with our roll-over counter above it
  uint32_t ssrc;
  uint16_t header_size;
};

// Everything an RTC thread sends goes through here: RTP is gathered, sealed by the engine in one call for
// many receivers, and handed to the kernel with the rest. One per RTC thread.
class SealedSender {
 public:
  SealedSender(SrtpEngine& engine, SendBatch& batch);

  // When what is queued from now on goes out, at the end of the thread's turn.
  void set_now(TimePoint now) { now_ = now; }
  TimePoint now() const { return now_; }

  // Where the header of the next packet is to be written: kMaxPacket bytes.
  uint8_t* next_packet();
  // Queues the packet whose header has just been written there. `packet` is kept until it is sealed.
  void send(const SendTarget& target, const OutgoingRtp& rtp, const PacketRef& packet);
  // The same for a payload that has been written behind the header.
  void send_in_place(const SendTarget& target, const OutgoingRtp& rtp, size_t payload_size);
  // A packet as it goes on the wire; longer than SendBatch::kMaxPacket is dropped.
  void send_raw(const Path& path, Bytes packet);

  void flush();

  SrtpEngine& engine() { return engine_; }
  const SendBatch::Counters& counters() const { return batch_.counters(); }
  uint64_t media() const { return media_; }  // RTP packets that were sealed

 private:
  void add(const SendTarget& target, const OutgoingRtp& rtp, Bytes payload);
  static bool fits(const SendTarget& target, const OutgoingRtp& rtp, size_t payload_size);

  SrtpEngine& engine_;
  SendBatch& batch_;
  uint64_t media_ = 0;
  TimePoint now_{};
  std::vector<SrtpSealJob> jobs_;
  std::vector<PacketRef> pinned_;  // what the jobs read from
};

}  // namespace kms::rtc
