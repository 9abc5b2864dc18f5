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
// there waits, and holds up its sender; it is dropped and counted where it may be lost (limited channels),
// where too much waits, and after give_up(). Any thread.
class ChannelMirror final : public rtc::DataSource::Taker, public ChannelBoard::RoomListener {
 public:
  // Opens a channel to the peer; opened() comes when it is there, refused() when it never will be.
  using Open = std::function<void(const rtc::DataChannelOptions& options)>;
  // Messages that wait, bytes of all of them. The sender is held up from the first on; what it has on its way
  // until then is about what usrsctp takes of it.
  static constexpr size_t kMostWaiting = 4 * 1024 * 1024;

  // `source` hears when there is room.
  ChannelMirror(std::shared_ptr<ChannelBoard> board, Open open, std::weak_ptr<rtc::DataSource> source)
      : board_(std::move(board)), open_(std::move(open)), source_(std::move(source)) {}

  bool on_message(const rtc::DataChannelRef& channel, const rtc::DataMessage& message) override;
  void on_closed(const rtc::DataChannelRef& channel) override;
  bool is_full() const override;
  void give_up() override;
  void on_room(const rtc::DataChannel& channel) override;
  void opened(const rtc::DataChannelRef& channel);
  void refused(const rtc::DataChannelOptions& options);
  // Closes the channels that were opened for it; nothing more is sent.
  void end();

  graph::DataTaker::Sent sent() const;

 private:
  using Name = std::pair<std::string, std::string>;  // label, protocol
  struct Outlet {
    rtc::DataChannelRef channel = {};  // null: none, or asked for
    bool ours = false;
    bool asked = false;    // for a channel
    bool closing = false;  // the sender's is closed: so is this one, when nothing waits any more
    std::deque<rtc::DataMessage> waiting = {};
  };
  using Outlets = std::map<Name, Outlet>;
  static Name name_of(const rtc::DataChannelOptions& options) { return {options.label, options.protocol}; }
  // With the mutex held, as all below. True: a channel must be opened.
  bool find_channel(const Name& name, Outlet& outlet) const;
  // False: there is no room.
  bool send(const rtc::DataChannelRef& to, const rtc::DataMessage& message);
  void take(Outlet& outlet, const rtc::DataMessage& message, bool limited);
  bool keep(Outlet& outlet, const rtc::DataMessage& message);
  void send_waiting(Outlet& outlet);
  void forget_waiting(Outlet& outlet);
  // Of one whose sender's channel is closed: gone, unless something waits.
  void close(Outlets::iterator outlet);
  bool set_full();  // true: it has become so

  // Without the mutex.
  void ask_for(rtc::DataChannelOptions options) const;
  void tell_room() const;

  const std::shared_ptr<ChannelBoard> board_;
  const Open open_;
  const std::weak_ptr<rtc::DataSource> source_;
  mutable std::mutex mutex_;
  Outlets outlets_;  // guarded by mutex_, as all below
  size_t waiting_bytes_ = 0;
  graph::DataTaker::Sent sent_;
  bool full_ = false;      // something waits
  bool given_up_ = false;  // until nothing waits
  bool ended_ = false;
};

// A WebRtcEndpoint's sink port for data. Control loop.
class DataPortTaker final : public graph::DataTaker {
 public:
  using Make = std::function<std::shared_ptr<ChannelMirror>(const rtc::DataSourceRef& source)>;
  explicit DataPortTaker(Make make) : make_(std::move(make)) {}
  ~DataPortTaker() override { take(nullptr); }

  void take(const rtc::DataSourceRef& source) override;
  const rtc::DataSourceRef& source() const override { return source_; }
  Sent sent() const override { return mirror_ ? mirror_->sent() : Sent{}; }
  // The peer is gone; takes nothing any more.
  void end();

 private:
  Make make_;  // null: the end has come
  rtc::DataSourceRef source_;
  std::shared_ptr<ChannelMirror> mirror_;
};

}  // namespace kms::webrtc
