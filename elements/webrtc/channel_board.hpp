// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <vector>

#include "kms-core/graph/feed.hpp"
#include "kms-core/rtc/rtc.hpp"
#include "kms-core/rtc/sctp/data_source.hpp"
#include "kms/webrtc/v1/webrtc.pb.h"

namespace kms::webrtc {

using DataFeed = graph::Feed<v1::ReceiveDataResponse>;

// What the SCTP thread and the control loop share of a peer's data channels: those that are there, and who
// reads them. A reader is told of each channel and of what comes over it, in order. Any thread.
class ChannelBoard {
 public:
  // What is called besides what the readers get, on the thread that causes it.
  struct Events {
    std::function<void(const v1::DataChannelStateChanged& event)> on_state = {};
    std::function<void(const v1::DataChannelDrained& event)> on_drained = {};
    // A reader should be waited for; see graph::Feed.
    std::function<void(const std::shared_ptr<DataFeed>& feed)> on_high = {};
  };
  explicit ChannelBoard(Events events) : events_(std::move(events)) {}

  // Who sends over the channels besides the application.
  class RoomListener {
   public:
    virtual ~RoomListener() = default;
    // A channel that was full has room, perhaps; or it is closed. On the SCTP thread.
    virtual void on_room(const rtc::DataChannel& channel) = 0;
  };
  // One at a time.
  void tell_room_to(std::weak_ptr<RoomListener> listener);

  // What comes over the channels, for links.
  const rtc::DataSourceRef& source() const { return source_; }

  // A channel of ours was made; nothing if it is here already, or closed.
  void announce(const rtc::DataChannelRef& channel);
  // A channel is new, or has another state; once closed it is here no more.
  void change(const rtc::DataChannelRef& channel, rtc::DataChannelState state, std::string_view reason);
  void receive(const rtc::DataChannelRef& channel, rtc::DataMessage message);
  void drain(const rtc::DataChannelRef& channel) const;  // there is room in it again

  rtc::DataChannelRef find(rtc::ChannelNumber number) const;  // null: none
  // The first of this name that takes messages; null: none.
  rtc::DataChannelRef find(const std::string& label, const std::string& protocol) const;
  std::vector<rtc::DataChannelRef> channels() const;
  // How many were open at some time, and those of them that are closed.
  v1::PeerConnectionStats counts() const;
  // It hears of the channels that there are first. False: there are `most` readers, or the end has come.
  bool add(const std::shared_ptr<DataFeed>& feed, size_t most);
  // Those that have not ended.
  std::vector<std::shared_ptr<DataFeed>> feeds();
  // No more readers, and nothing more for them.
  void end();

 private:
  using Feeds = std::vector<std::shared_ptr<DataFeed>>;
  // To each reader, with the mutex held; those that became high by it.
  Feeds publish(v1::ReceiveDataResponse response) const;
  void count(rtc::ChannelNumber number, rtc::DataChannelState state);  // likewise
  void tell_room(const rtc::DataChannel& channel) const;

  const Events events_;
  const rtc::DataSourceRef source_ = std::make_shared<rtc::DataSource>();
  mutable std::mutex mutex_;
  std::map<rtc::ChannelNumber, rtc::DataChannelRef> channels_;  // guarded by mutex_, as all below
  Feeds feeds_;
  std::weak_ptr<RoomListener> room_listener_;
  bool ended_ = false;
  std::set<rtc::ChannelNumber> open_;
  v1::PeerConnectionStats counts_;
};

}  // namespace kms::webrtc
