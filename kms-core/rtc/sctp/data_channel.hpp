// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sctp/channel_record.hpp"

namespace kms::rtc {

class SctpCore;

class DataChannel;
using DataChannelRef = std::shared_ptr<DataChannel>;

// What channels tell, on the SCTP thread. What is done there must not block, and what it touches must live.
struct DataChannelEvents {
  // Open, unless the peer has opened it: such a channel begins so. `reason` is empty, or a stable upper-case
  // word.
  std::function<void(const DataChannelRef& channel, DataChannelState state, std::string_view reason)>
      on_state = {};
  std::function<void(const DataChannelRef& channel, DataMessage message)> on_message = {};
  // After send() said DATA_BUFFER_FULL: half of the room is free again. Now and then without need.
  std::function<void(const DataChannelRef& channel)> on_drained = {};
};

// A data channel of a peer. Any thread; lives on after the peer, closed.
class DataChannel {
 public:
  DataChannel(std::weak_ptr<SctpCore> core, ChannelRef record)
      : core_(std::move(core)), record_(std::move(record)) {}

  ChannelNumber number() const { return record_->number; }  // within the peer
  const DataChannelOptions& options() const { return record_->options; }
  bool opened_by_peer() const { return record_->by_peer; }
  // RFC 8832 stream, 0 to 65534; -1: not known yet.
  int stream() const { return record_->stream; }
  DataChannelState state() const { return record_->state; }
  // What waits to be sent, in bytes of messages.
  uint64_t buffered() const { return record_->buffered; }
  const ChannelRecord& counters() const { return *record_; }

  // Sends, or keeps it until the channel is open. Reasons: DATA_CHANNEL_CLOSED (also while closing),
  // MESSAGE_TOO_LARGE, MESSAGE_NOT_TEXT for a text that is not UTF-8, DATA_BUFFER_FULL: then on_drained
  // comes.
  Status send(DataMessage message);
  // After what was sent before. on_state tells the end.
  void close();

 private:
  std::weak_ptr<SctpCore> core_;
  ChannelRef record_;
};

}  // namespace kms::rtc
