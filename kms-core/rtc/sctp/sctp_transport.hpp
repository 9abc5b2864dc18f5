// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/sctp/association.hpp"
#include "kms-core/rtc/sctp/data_channel.hpp"
#include "kms-core/rtc/sctp/sctp_thread.hpp"

namespace kms::rtc {

// All on the SCTP thread, until shortly after the SctpTransport is gone; so they own or post to what they
// touch.
struct SctpEvents {
  // An SCTP packet for the peer, to go through DTLS.
  std::function<void(std::vector<uint8_t> packet)> send = {};
  std::function<void(SctpState state, std::string_view reason)> on_state = {};
  // The peer has opened a channel, and it is open; its messages come after this.
  std::function<DataChannelEvents(const DataChannelRef& channel)> on_channel = {};
};

// The data channels of one peer for the other threads; the association itself lives on the SCTP thread. Any
// thread, but one at a time.
class SctpTransport {
 public:
  // Packets that may wait for the SCTP thread; more are dropped, and sent again by the peer.
  static constexpr uint32_t kMaxWaitingPackets = 1024;

  SctpTransport(std::shared_ptr<SctpThread> thread, SctpEvents events);
  // Tells the peer. Does not wait.
  ~SctpTransport();
  SctpTransport(const SctpTransport&) = delete;
  SctpTransport& operator=(const SctpTransport&) = delete;

  // Once DTLS stands and what it is for was agreed on: our DTLS role, the port of the peer's description, and
  // the largest message that it takes.
  struct Terms {
    bool client = false;
    uint16_t peers_port = SctpSocket::kPort;
    size_t max_message = kMaxDataMessage;
  };
  void start(const Terms& terms);
  // What came through DTLS. False: dropped.
  bool on_packet(Bytes packet);

  // Opens a channel, at once or when there is an association. Reasons: DATA_CHANNEL_INVALID,
  // TOO_MANY_CHANNELS, DATA_CHANNEL_CLOSED when the association has ended.
  Result<DataChannelRef> open(DataChannelOptions options, DataChannelEvents events);
  // Holds up what the peer sends, on all channels, with as much of it here as SctpSocket::kBufferBytes.
  void set_reading(bool reading);
  // Closes all channels and tells them, with this reason, and the peer.
  void end(std::string_view reason);
  // Asks the thread; not called if that is gone.
  void statistics(std::function<void(const SctpStatistics&)> done) const;

 private:
  std::shared_ptr<SctpThread> thread_;
  std::shared_ptr<SctpCore> core_;
  bool started_ = false;
};

}  // namespace kms::rtc
