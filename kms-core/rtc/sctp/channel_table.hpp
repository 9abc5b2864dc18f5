// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kms-core/rtc/sctp/channel_record.hpp"

namespace kms::rtc {

// A data channel as its association sees it.
struct Channel {
  struct Waiting {
    uint32_t ppid = 0;
    std::vector<uint8_t> bytes = {};
    size_t size = 0;         // of the message: an empty one has a byte on the wire
    bool is_message = true;  // false: the channel's own protocol
  };

  ChannelRef record;
  std::optional<uint16_t> stream = {};
  bool confirmed = false;        // the peer knows it: what is unordered may be (RFC 8832 section 6)
  bool closing = false;          // once `waiting` is empty, our stream is reset
  std::string_view reason = {};  // why, a literal; empty: somebody closed it
  bool reset_begun = false;
  bool ours_reset = false;
  bool peers_reset = false;
  std::deque<Waiting> waiting = {};
};

// The data channels of an association and their streams: the DTLS client opens even ones, the server odd ones
// (RFC 8832 section 6). Lives on the association's thread.
class ChannelTable {
 public:
  // Null: there are kMaxDataStreams already.
  Channel* add(ChannelRef record);
  void erase(ChannelNumber number);
  Channel* find(ChannelNumber number);
  Channel* of_stream(uint16_t stream);
  size_t size() const { return channels_.size(); }

  // Gives the channel its stream, the next that is free on our side or the one that was agreed on. False:
  // there is none, or it is in use.
  bool assign(Channel& channel, bool client, uint16_t streams);
  // The stream that the peer has opened it on.
  void assign(Channel& channel, uint16_t stream);

  // In the order of their coming; the table may lose the one that is visited.
  void for_each(const std::function<void(Channel&)>& visit);

 private:
  std::optional<uint16_t> free_stream(bool client, uint16_t streams);

  std::map<ChannelNumber, Channel> channels_;
  std::unordered_map<uint16_t, ChannelNumber> by_stream_;
  uint32_t next_ = 0;  // stream of ours
};

}  // namespace kms::rtc
