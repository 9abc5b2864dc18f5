// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string_view>

#include "kms-core/rtc/sctp/channel_table.hpp"
#include "kms-core/rtc/sctp/dcep.hpp"
#include "kms-core/rtc/sctp/message_assembler.hpp"
#include "kms-core/rtc/wire/allowance.hpp"

namespace kms::rtc {

// The data channels of one peer over one SCTP association (RFC 8831, RFC 8832). Lives on SctpStack's thread;
// what is done here takes effect in the next SctpStack::serve(), and so do all callbacks but on_packet().
class Association final : private SctpSocket::Listener {
  struct Key {};

 public:
  class Observer {
   public:
    // An SCTP packet for the peer, at most SctpSocket::kMaxPacket. Pass it on and return: it comes from
    // within usrsctp.
    virtual void on_packet(Bytes packet) = 0;
    // `reason` is empty, or a stable upper-case word.
    virtual void on_state(SctpState state, std::string_view reason) = 0;
    // The peer has opened a channel; it is open.
    virtual void on_channel(const ChannelRef& channel) = 0;
    // channel->state has changed.
    virtual void on_channel_state(const ChannelRef& channel, std::string_view reason) = 0;
    virtual void on_message(const ChannelRef& channel, DataMessage message) = 0;
    // There is room again in a channel in which AssociationRecord::take_room() found none.
    virtual void on_drained(const ChannelRef& channel) = 0;

   protected:
    ~Observer() = default;
  };

  // Channels that the peer opens: so many at once, and then one each kOpenInterval.
  static constexpr int kOpenBurst = kMaxDataStreams;
  static constexpr std::chrono::milliseconds kOpenInterval{20};

  // Reason SCTP_FAILED.
  static Result<std::unique_ptr<Association>> create(SctpStack& stack,
                                                     std::shared_ptr<AssociationRecord> record,
                                                     Observer& observer);
  Association(Key, std::shared_ptr<AssociationRecord> record, Observer& observer);
  // Tells the peer; no callback but on_packet() from within.
  ~Association();

  // Begins, in the DTLS role that decides whose streams are the even ones, with the peer's port. Reason
  // SCTP_FAILED.
  Status start(bool client, uint16_t peers_port);
  void input(Bytes packet) { socket_->input(packet); }

  // `channel` is new, with a number of record.last_number. Its state tells what became of it.
  void open(ChannelRef channel);
  // Room for it has been taken; it is given back when the message goes, or at once if the channel is closing.
  void send(const ChannelRef& channel, DataMessage message);
  // What waits is sent first.
  void close(ChannelNumber number);
  // While false nothing is read, and the peer stops sending when kBufferBytes of it are here.
  void set_reading(bool reading);

  // All channels are closed, with this reason; the peer hears of it when the association is destroyed.
  void end(std::string_view reason);

  SctpState state() const { return state_; }
  size_t channels() const { return channels_.size(); }
  SctpFigures figures() const { return socket_->figures(); }

 private:
  void on_packet(Bytes packet) override { observer_.on_packet(packet); }
  void on_ready() override;
  void on_up(uint16_t streams) override;
  void on_down() override { end(state_ == SctpState::kConnecting ? "SCTP_FAILED" : "SCTP_CLOSED"); }
  void on_incoming_reset(std::span<const uint16_t> streams) override;
  void on_outgoing_reset(std::span<const uint16_t> streams) override;
  void on_piece_abandoned() override { assembler_.abandon(); }

  void wake() { socket_->mark_ready(); }
  void begin(Channel& channel);
  void set_state(Channel& channel, DataChannelState state, std::string_view reason = {});
  void drop(Channel& channel, std::string_view reason);

  void read();
  void take(MessageAssembler::Message message);
  void take_dcep(uint16_t stream, Bytes bytes);
  void take_open(uint16_t stream, const dcep::Open& open);
  void take_message(Channel& channel, MessageAssembler::Message message);
  bool may_open(uint16_t stream);
  void refuse(uint16_t stream);

  void enqueue(Channel& channel, Channel::Waiting waiting);
  void take_turn(const Channel& channel);
  void pump();
  void follow_up(ChannelNumber number);
  SctpSocket::Sent send_first(Channel& channel);
  void count_sent(Channel& channel, const Channel::Waiting& sent);
  void forget_waiting(Channel& channel);
  void give_back(ChannelRecord& channel, size_t bytes);
  void tell_drained();

  void fail(Channel& channel);
  void begin_closing(Channel& channel, std::string_view reason = {});
  void reset(Channel& channel);
  void reset_streams();
  void visit_streams(std::span<const uint16_t> streams, const std::function<void(Channel&)>& visit);
  void close_if_reset(Channel& channel);

  Observer& observer_;
  const std::shared_ptr<AssociationRecord> record_;
  std::unique_ptr<SctpSocket> socket_;
  ChannelTable channels_;
  MessageAssembler assembler_;
  Allowance opens_{kOpenInterval, kOpenBurst};
  std::deque<ChannelNumber> turns_;  // those with something waiting, in whose turn it is
  std::set<uint16_t> to_reset_;      // streams of ours
  std::set<uint16_t> resetting_;     // those of them that SCTP was told to, and nothing can be sent on yet
  SctpState state_ = SctpState::kNew;
  uint16_t streams_ = 0;
  bool client_ = false;
  bool reading_ = true;
  bool gave_back_ = false;  // room, since tell_drained()
};

}  // namespace kms::rtc
