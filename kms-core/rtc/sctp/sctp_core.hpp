// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/sctp/sctp_transport.hpp"

namespace kms::rtc {

// What a SctpTransport and its DataChannels share: the association and its listeners, which only the SCTP
// thread touches, and the way there. Calls post; all ends with close(), whoever still has it.
class SctpCore final : public std::enable_shared_from_this<SctpCore>, private Association::Observer {
 public:
  using Make = decltype(&Association::create);
  SctpCore(std::shared_ptr<EventLoop> loop, SctpEvents events, Make make = &Association::create);

  // Any thread.
  void start(const SctpTransport::Terms& terms);
  bool input(Bytes packet);
  Result<DataChannelRef> open(DataChannelOptions options, DataChannelEvents events);
  Status send(const ChannelRef& channel, DataMessage message);
  void close_channel(ChannelNumber number);
  void set_reading(bool reading);
  void statistics(std::function<void(const SctpStatistics&)> done);
  void end_telling(std::string reason);
  // Ends the association; no event once the SCTP thread has done so.
  void close();

 private:
  struct Listened {
    DataChannelRef channel;
    DataChannelEvents events;
  };

  // Runs `task(*association_)` on the SCTP thread, unless the association has ended.
  template <typename Task>
  bool post(Task task);
  DataChannelRef channel_of(const ChannelRef& record);

  // On the SCTP thread.
  Association* association();
  void add(const ChannelRef& record, Listened listened);
  void end();
  SctpStatistics statistics_now() const;
  void on_packet(Bytes packet) override;
  void on_state(SctpState state, std::string_view reason) override;
  void on_channel(const ChannelRef& channel) override;
  void on_channel_state(const ChannelRef& channel, std::string_view reason) override;
  void on_message(const ChannelRef& channel, DataMessage message) override;
  void on_drained(const ChannelRef& channel) override;

  const std::shared_ptr<EventLoop> loop_;
  const Make make_;
  const std::shared_ptr<AssociationRecord> record_ = std::make_shared<AssociationRecord>();
  std::atomic<uint32_t> waiting_packets_ = 0;
  std::atomic<uint32_t> dropped_packets_ = 0;
  std::atomic<uint32_t> channels_of_ours_ = 0;  // from open() to their end
  std::atomic<size_t> max_message_ = kMaxDataMessage;
  std::atomic<bool> over_ = false;

  // Of the SCTP thread.
  SctpEvents events_;
  std::string failure_;  // why there is no association, and never will be
  bool ended_ = false;   // nobody is told of anything any more
  std::unique_ptr<Association> association_;
  std::unordered_map<ChannelNumber, Listened> channels_;
};

}  // namespace kms::rtc
