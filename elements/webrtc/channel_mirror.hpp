// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "elements/webrtc/channel_board.hpp"
#include "kms-core/graph/port.hpp"
#include "kms-core/rtc/sctp/data_source.hpp"

namespace kms::webrtc {

// Sends a peer what comes over another's data channels, each message on the channel of the same label and
// protocol: one that is there, or one that is opened for it and closed with the other's. What finds no room
// there is dropped and counted. Any thread.
class ChannelMirror final : public rtc::DataSource::Taker {
 public:
  // Opens a channel to the peer; opened() comes when it is there.
  using Open = std::function<void(const rtc::DataChannelOptions& options)>;
  // Messages that wait for a channel to be opened, bytes of all of them.
  static constexpr size_t kMostWaiting = 1024 * 1024;

  ChannelMirror(std::shared_ptr<ChannelBoard> board, Open open)
      : board_(std::move(board)), open_(std::move(open)) {}

  void on_message(const rtc::DataChannelRef& channel, const rtc::DataMessage& message) override;
  void on_closed(const rtc::DataChannelRef& channel) override;
  void opened(const rtc::DataChannelRef& channel);
  // Closes the channels that were opened for it; nothing more is sent.
  void end();

  graph::DataTaker::Sent sent() const;

 private:
  using Name = std::pair<std::string, std::string>;  // label, protocol
  struct Outlet {
    rtc::DataChannelRef channel = {};  // null: asked for
    bool ours = false;
    std::deque<rtc::DataMessage> waiting = {};
    size_t waiting_bytes = 0;
  };
  static Name name_of(const rtc::DataChannel& channel);
  // With the mutex held, as the next three. True: a channel must be opened.
  bool find_channel(const Name& name, Outlet& outlet) const;
  void send(const rtc::DataChannelRef& to, const rtc::DataMessage& message);
  void send_waiting(Outlet& outlet);
  void keep(Outlet& outlet, const rtc::DataMessage& message);

  const std::shared_ptr<ChannelBoard> board_;
  const Open open_;
  mutable std::mutex mutex_;
  std::map<Name, Outlet> outlets_;  // guarded by mutex_, as all below
  graph::DataTaker::Sent sent_;
  bool ended_ = false;
};

// A WebRtcEndpoint's sink port for data. Control loop.
class DataPortTaker final : public graph::DataTaker {
 public:
  explicit DataPortTaker(std::function<std::shared_ptr<ChannelMirror>()> make) : make_(std::move(make)) {}
  ~DataPortTaker() override { take(nullptr); }

  void take(const rtc::DataSourceRef& source) override;
  const rtc::DataSourceRef& source() const override { return source_; }
  Sent sent() const override { return mirror_ ? mirror_->sent() : Sent{}; }
  // The peer is gone; takes nothing any more.
  void end();

 private:
  std::function<std::shared_ptr<ChannelMirror>()> make_;  // null: the end has come
  rtc::DataSourceRef source_;
  std::shared_ptr<ChannelMirror> mirror_;
};

}  // namespace kms::webrtc
