// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/association.hpp"

#include <utility>

#include "kms-core/rtc/sctp/payload_protocol.hpp"

namespace kms::rtc {

Association::Association(Key, std::shared_ptr<AssociationRecord> record, Observer& observer)
    : observer_(observer), record_(std::move(record)) {}

Association::~Association() {
  channels_.for_each([this](Channel& channel) {
    forget_waiting(channel);
    channel.record->state = DataChannelState::kClosed;
  });
}

Result<std::unique_ptr<Association>> Association::create(SctpStack& stack,
                                                         std::shared_ptr<AssociationRecord> record,
                                                         Observer& observer) {
  auto made = std::make_unique<Association>(Key{}, std::move(record), observer);
  auto socket = SctpSocket::create(stack, *made);
  if (!socket.ok()) return socket.status();
  made->socket_ = std::move(*socket);
  return made;
}

Status Association::start(bool client, uint16_t peers_port) {
  if (state_ != SctpState::kNew) return ok();
  client_ = client;
  const auto status = socket_->connect(peers_port);
  if (status.ok()) state_ = SctpState::kConnecting;
  return status;
}

void Association::open(ChannelRef record) {
  auto* channel = channels_.add(record);
  if (channel && state_ == SctpState::kConnected) begin(*channel);
  if (channel && state_ == SctpState::kClosed) drop(*channel, "SCTP_CLOSED");
  if (channel) return;
  record->state = DataChannelState::kClosed;
  observer_.on_channel_state(record, "TOO_MANY_CHANNELS");
}

// The association is up: the channel gets its stream, and the peer hears of it.
void Association::begin(Channel& channel) {
  if (!channels_.assign(channel, client_, streams_)) return drop(channel, "NO_STREAM_LEFT");
  const auto record = channel.record;
  channel.confirmed = record->options.negotiated_id.has_value();
  if (!channel.confirmed)
    channel.waiting.push_front({ppid::kDcep, dcep::write_open(record->options), 0, false});
  if (!channel.waiting.empty()) take_turn(channel);
  if (channel.confirmed) set_state(channel, DataChannelState::kOpen);
  wake();
}

void Association::close(ChannelNumber number) {
  auto* channel = channels_.find(number);
  if (!channel || channel->closing) return;
  if (state_ != SctpState::kConnected) return drop(*channel, "");
  begin_closing(*channel);
}

void Association::set_reading(bool reading) {
  reading_ = reading;
  if (reading) wake();
}

void Association::on_ready() {
  if (reading_) read();
  pump();
  tell_drained();
  reset_streams();
}

void Association::on_up(uint16_t streams) {
  if (state_ != SctpState::kConnecting) return;
  state_ = SctpState::kConnected;
  streams_ = std::min(streams, kMaxDataStreams);
  observer_.on_state(state_, "");
  channels_.for_each([this](Channel& channel) { begin(channel); });
}

void Association::end(std::string_view reason) {
  if (state_ == SctpState::kClosed) return;
  state_ = SctpState::kClosed;
  observer_.on_state(state_, reason);
  channels_.for_each([&](Channel& channel) { drop(channel, reason); });
  turns_.clear();
}

void Association::set_state(Channel& channel, DataChannelState state, std::string_view reason) {
  channel.record->state = state;
  observer_.on_channel_state(channel.record, reason);
}

void Association::drop(Channel& channel, std::string_view reason) {
  const auto record = channel.record;
  forget_waiting(channel);
  channels_.erase(record->number);
  record->state = DataChannelState::kClosed;
  observer_.on_channel_state(record, reason);
}

}  // namespace kms::rtc
