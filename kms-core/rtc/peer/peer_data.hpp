// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/dtls/dtls_transport.hpp"
#include "kms-core/rtc/peer/peer_negotiation.hpp"
#include "kms-core/rtc/sctp/sctp_transport.hpp"

namespace kms::rtc {

// The data channels of one peer as its RTC thread sees them: an SCTP transport, made when a channel is opened
// or an m-line of data agreed on, which begins when DTLS stands. What it sends comes back to the thread, to
// PeerSession::send_data().
class PeerData {
 public:
  using OnChannel = std::function<DataChannelEvents(const DataChannelRef& channel)>;

  PeerData(Worker& worker, uint64_t peer, OnChannel on_channel)
      : worker_(worker), peer_(peer), on_channel_(std::move(on_channel)) {}

  // Whether the application takes data channels.
  bool is_wanted() const { return on_channel_ != nullptr; }

  // What the latest offer and answer say; without data an association ends.
  void agree(const std::optional<Agreement::Data>& data);
  // DTLS stands, in this role of ours.
  void begin(bool client);
  // DTLS has ended: the channels hear PEER_CLOSED, and there will be none any more.
  void close();
  void on_data(Bytes packet);

  Result<DataChannelRef> open(DataChannelOptions options, DataChannelEvents events);
  void set_reading(bool reading);
  void statistics(std::function<void(Result<SctpStatistics>)> done) const;

 private:
  Status make();
  void end(std::string_view reason);
  void start();

  Worker& worker_;
  const uint64_t peer_;
  const OnChannel on_channel_;
  std::unique_ptr<SctpTransport> transport_;
  std::optional<Agreement::Data> agreed_;
  std::optional<bool> client_;  // our DTLS role, once DTLS stands
  bool reading_ = true;
  bool closed_ = false;
};

}  // namespace kms::rtc
