// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "elements/webrtc/channel_board.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"

namespace kms::webrtc {

// The data channels of a WebRtcEndpoint: its commands for them, and its readers, of whom a slow one holds up
// the peer, but not for ever. Control loop.
class PeerChannels {
 public:
  explicit PeerChannels(graph::ElementHost& host);
  ~PeerChannels() { board_->end(); }

  // For rtc::PeerOptions, and for channels of ours.
  std::function<rtc::DataChannelEvents(const rtc::DataChannelRef&)> on_data_channel() const;
  rtc::DataChannelEvents events() const;

  // A channel of ours was made. It may be open or closed already.
  v1::CreateDataChannelResponse created(const rtc::DataChannelRef& channel) const;
  bool is_empty() const { return board_->channels().empty(); }
  v1::ListDataChannelsResponse list() const;
  Result<v1::SendDataResponse> send(const v1::SendDataRequest& request) const;
  Status close(rtc::ChannelNumber number) const;
  // Of `peer`, which is there until end(). Errors: SUBSCRIBER_QUOTA.
  Result<std::shared_ptr<DataFeed>> receive(rtc::Peer& peer);
  // The peer is gone; its readers have an end.
  void end();

 private:
  ChannelBoard::Events board_events();
  template <typename Given, typename Handler>
  std::function<void(const Given&)> on_loop(Handler handler);
  Result<rtc::DataChannelRef> find(rtc::ChannelNumber number) const;
  void wait_for(const std::shared_ptr<DataFeed>& feed);
  void update_reading();

  graph::ElementHost& host_;
  Guard guard_;
  const std::shared_ptr<ChannelBoard> board_;
  rtc::Peer* peer_ = nullptr;  // null: nobody has read yet, or it is gone
  bool reading_ = true;
  std::map<std::shared_ptr<DataFeed>, Loop::Timer> patience_;  // with those that are high
};

}  // namespace kms::webrtc
