// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>

#include "elements/webrtc/channel_mirror.hpp"
#include "elements/webrtc/line_ports.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"

namespace kms::webrtc {

// The data channels of a WebRtcEndpoint: its commands for them, its readers and its links, of which a slow
// one holds up the peer, but not for ever. Control loop.
class PeerChannels {
 public:
  static constexpr size_t kMostSenders = 16;
  // Whether nobody waits for it any more.
  using IsGone = std::function<bool()>;

  explicit PeerChannels(graph::ElementHost& host);
  ~PeerChannels() { board_->end(); }

  // For rtc::PeerOptions, and for channels of ours.
  std::function<rtc::DataChannelEvents(const rtc::DataChannelRef&)> on_data_channel() const;
  rtc::DataChannelEvents events() const;

  // A channel of ours was made. It may be open or closed already.
  v1::CreateDataChannelResponse created(const rtc::DataChannelRef& channel) const;
  bool is_empty() const { return board_->channels().empty(); }
  v1::ListDataChannelsResponse list() const;
  Result<v1::SendDataResponse> send(const v1::SendDataRequest& request);
  // Waits where send() would say DATA_BUFFER_FULL, unless kMostSenders do. Of whom is gone meanwhile nothing
  // is sent, and his place is another's.
  void send_when_room(const v1::SendDataRequest& request, IsGone is_gone, Done done);
  v1::PeerConnectionStats counts() const { return board_->counts(); }
  Status close(rtc::ChannelNumber number) const;
  // Errors: SUBSCRIBER_QUOTA.
  Result<std::shared_ptr<DataFeed>> receive();
  // The ports for data; to be called once, with the peer, which is there until end().
  DataPorts ports(rtc::Peer& peer);
  // The peer is gone; its readers have an end, and links carry nothing.
  void end();

 private:
  struct Sender {
    v1::SendDataRequest request;
    IsGone is_gone;
    Done done;
  };

  ChannelBoard::Events board_events();
  Result<v1::SendDataResponse> try_send(const v1::SendDataRequest& request) const;
  void serve_senders(rtc::ChannelNumber number);
  template <typename Given, typename Handler>
  std::function<void(const Given&)> on_loop(Handler handler);
  Result<rtc::DataChannelRef> find(rtc::ChannelNumber number) const;
  std::shared_ptr<ChannelMirror> make_mirror(const rtc::DataSourceRef& source);
  void open(const rtc::DataChannelOptions& options, const std::shared_ptr<ChannelMirror>& mirror);
  rtc::DataSource::Holders holders();
  // The peer is not read while `is_full`; whoever it is gives up after limits.data_patience.
  void hold(const void* whom, const std::function<bool()>& is_full, const std::function<void()>& give_up);
  void update_reading();

  graph::ElementHost& host_;
  Guard guard_;
  const std::shared_ptr<ChannelBoard> board_;
  rtc::Peer* peer_ = nullptr;  // null: gone
  std::shared_ptr<DataPortTaker> taker_;
  bool reading_ = true;
  struct Held {
    std::function<bool()> is_full;
    Loop::Timer patience;
  };
  std::map<const void*, Held> held_;      // by those that the peer is held up for
  std::set<rtc::ChannelNumber> refused_;  // channels in which SendData found no room
  std::list<Sender> senders_;             // that wait for room
};

}  // namespace kms::webrtc
