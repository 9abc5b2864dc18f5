// SPDX-License-Identifier: Apache-2.0
// What comes from the peer.
#include <utility>

#include "kms-core/rtc/sctp/association.hpp"
#include "kms-core/rtc/sctp/payload_protocol.hpp"
#include "kms-core/rtc/wire/utf8.hpp"

namespace kms::rtc {
namespace {

// Nothing: no message, by its kind or its text.
std::optional<DataMessage> message_of(uint32_t ppid, std::vector<uint8_t> bytes) {
  switch (ppid) {
    case ppid::kText:
      if (!is_utf8(bytes)) return std::nullopt;
      return DataMessage{true, std::move(bytes)};
    case ppid::kBinary:
      return DataMessage{false, std::move(bytes)};
    case ppid::kTextEmpty:
      return DataMessage{true, {}};
    case ppid::kBinaryEmpty:
      return DataMessage{false, {}};
    default:
      return std::nullopt;
  }
}

}  // namespace

void Association::read() {
  while (auto piece = socket_->read()) {
    if (auto message = assembler_.add(*piece)) take(std::move(*message));
    if (!reading_) return;
  }
}

void Association::take(MessageAssembler::Message message) {
  if (message.ppid == ppid::kDcep) return take_dcep(message.stream, message.bytes);
  auto* channel = channels_.of_stream(message.stream);
  if (channel && !channel->closing) return take_message(*channel, std::move(message));
  ++record_->strays;
}

void Association::take_message(Channel& channel, MessageAssembler::Message message) {
  if (message.too_large) {
    ++record_->malformed;
    return begin_closing(channel);
  }
  auto read = message_of(message.ppid, std::move(message.bytes));
  if (!read) {
    ++record_->malformed;
    return;
  }
  // What is unordered may overtake the acknowledgement of the channel.
  channel.confirmed = true;
  const auto record = channel.record;
  if (record->state == DataChannelState::kConnecting) set_state(channel, DataChannelState::kOpen);
  ++record->messages_received;
  record->bytes_received += read->bytes.size();
  observer_.on_message(record, std::move(*read));
}

void Association::take_dcep(uint16_t stream, Bytes bytes) {
  const auto message = dcep::read(bytes);
  if (const auto* open = std::get_if<dcep::Open>(&message)) return take_open(stream, *open);
  auto* channel = channels_.of_stream(stream);
  if (!std::holds_alternative<dcep::Ack>(message) || !channel) {
    ++record_->malformed;
    if (!channel) refuse(stream);
    return;
  }
  channel->confirmed = true;
  if (channel->record->state == DataChannelState::kConnecting) set_state(*channel, DataChannelState::kOpen);
}

bool Association::may_open(uint16_t stream) {
  const bool peers = (stream % 2 == 0) != client_;
  return peers && stream < streams_ && opens_.take(Clock::now());
}

// RFC 8832 section 6: what cannot be opened is closed. A stream that goes one way only cannot be, and asking
// for it would spoil the closing of all others with it.
void Association::refuse(uint16_t stream) {
  if (stream < streams_) to_reset_.insert(stream);
}

void Association::take_open(uint16_t stream, const dcep::Open& open) {
  if (auto* before = channels_.of_stream(stream)) {
    if (!before->peers_reset || !resetting_.contains(stream)) {
      ++record_->malformed;
      return;
    }
    // It has seen our reset, or it would not use the stream again; its answer is what is late or lost.
    drop(*before, before->reason);
  }
  auto* channel =
      may_open(stream)
          ? channels_.add(std::make_shared<ChannelRecord>(++record_->last_number, open.options, true))
          : nullptr;
  if (!channel) {
    ++record_->malformed;
    return refuse(stream);
  }
  channels_.assign(*channel, stream);
  channel->confirmed = true;
  const auto record = channel->record;
  record->state = DataChannelState::kOpen;
  enqueue(*channel, {ppid::kDcep, dcep::write_ack(), 0, false});
  observer_.on_channel(record);
}

void Association::on_incoming_reset(std::span<const uint16_t> streams) {
  visit_streams(streams, [this](Channel& channel) {
    channel.peers_reset = true;
    if (!channel.reset_begun) {
      forget_waiting(channel);  // nobody would take it
      begin_closing(channel);
    }
    close_if_reset(channel);
  });
}

// An answer is for the channel that was there when we asked. Another may be on its stream by now, which could
// not send, and may be about to end as well.
void Association::on_outgoing_reset(std::span<const uint16_t> streams) {
  const std::vector<uint16_t> all(resetting_.begin(), resetting_.end());
  if (streams.empty()) streams = all;
  for (const auto stream : streams) {
    if (resetting_.erase(stream) == 0) continue;
    auto* channel = channels_.of_stream(stream);
    if (!channel) continue;
    if (!channel->reset_begun || to_reset_.contains(stream)) {
      take_turn(*channel);
    } else {
      channel->ours_reset = true;
      close_if_reset(*channel);
    }
  }
  wake();
}

void Association::visit_streams(std::span<const uint16_t> streams,
                                const std::function<void(Channel&)>& visit) {
  if (streams.empty()) return channels_.for_each(visit);
  for (const auto stream : streams) {
    if (auto* channel = channels_.of_stream(stream)) visit(*channel);
  }
}

}  // namespace kms::rtc
