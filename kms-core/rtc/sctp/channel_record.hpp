// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "kms-core/rtc/sctp/data_channel_options.hpp"
#include "kms-core/rtc/sctp/send_room.hpp"

namespace kms::rtc {

// Of one association, never used twice: a stream's number is, once its channel is closed.
using ChannelNumber = uint32_t;

// What any thread may know of a data channel. Outlives it.
struct ChannelRecord {
  static constexpr size_t kMostWaiting = 1024 * 1024;

  ChannelRecord(ChannelNumber n, DataChannelOptions o, bool peers)
      : number(n), options(std::move(o)), by_peer(peers) {}

  const ChannelNumber number;
  const DataChannelOptions options;
  const bool by_peer;  // the peer has opened it
  SendRoom room{kMostWaiting};
  std::atomic<DataChannelState> state = DataChannelState::kConnecting;
  std::atomic<int> stream = -1;  // not known before the association begins
  // W3C RTCDataChannelStats. Sent: given to SCTP.
  std::atomic<uint64_t> messages_sent = 0;
  std::atomic<uint64_t> bytes_sent = 0;
  std::atomic<uint64_t> messages_received = 0;
  std::atomic<uint64_t> bytes_received = 0;
  // Waiting bytes of messages, as W3C's bufferedAmount.
  std::atomic<uint64_t> buffered = 0;
};
using ChannelRef = std::shared_ptr<ChannelRecord>;

// What any thread may know of an association. Outlives it.
struct AssociationRecord {
  static constexpr size_t kMostWaiting = 4 * ChannelRecord::kMostWaiting;  // of all channels together

  std::atomic<ChannelNumber> last_number = 0;
  SendRoom room{kMostWaiting};
  std::atomic<uint32_t> strays = 0;     // messages for no open channel
  std::atomic<uint32_t> malformed = 0;  // messages that are none

  // Room for one message. False: there is none; Association::Observer::on_drained() comes when it is worth
  // another try, now and then without need.
  bool take_room(ChannelRecord& channel, size_t bytes) {
    if (try_take(channel, bytes)) return true;
    channel.room.expect_news();
    return try_take(channel, bytes);
  }
  void give_back(ChannelRecord& channel, size_t bytes) {
    channel.room.give_back(bytes);
    room.give_back(bytes);
  }

 private:
  bool try_take(ChannelRecord& channel, size_t bytes) {
    if (!channel.room.take(bytes)) return false;
    if (room.take(bytes)) return true;
    channel.room.give_back(bytes);
    return false;
  }
};

}  // namespace kms::rtc
