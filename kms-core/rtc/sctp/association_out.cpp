// SPDX-License-Identifier: Apache-2.0
// What goes to the peer, and how channels end.
#include <utility>

#include "kms-core/rtc/sctp/association.hpp"
#include "kms-core/rtc/sctp/payload_protocol.hpp"

namespace kms::rtc {
namespace {

Channel::Waiting waiting_of(DataMessage message) {
  const size_t size = message.bytes.size();
  if (size > 0) return {message.text ? ppid::kText : ppid::kBinary, std::move(message.bytes), size};
  return {message.text ? ppid::kTextEmpty : ppid::kBinaryEmpty, {0}, 0};
}

// Its own protocol is ordered and reliable, and so is what may arrive before the peer knows the channel.
SctpSending sending_of(const Channel& channel, const Channel::Waiting& waiting) {
  const auto& options = channel.record->options;
  SctpSending how{*channel.stream, waiting.ppid};
  if (!waiting.is_message) return how;
  how.ordered = options.ordered || !channel.confirmed;
  how.max_retransmits = options.max_retransmits;
  how.max_lifetime_ms = options.max_packet_lifetime_ms;
  return how;
}

}  // namespace

void Association::send(const ChannelRef& record, DataMessage message) {
  auto* channel = channels_.find(record->number);
  if (!channel || channel->closing) {
    give_back(*record, message.bytes.size());
    return wake();
  }
  record->buffered += message.bytes.size();
  enqueue(*channel, waiting_of(std::move(message)));
}

void Association::enqueue(Channel& channel, Channel::Waiting waiting) {
  if (channel.waiting.empty() && channel.stream) turns_.push_back(channel.record->number);
  channel.waiting.push_back(std::move(waiting));
  wake();
}

// One message of each channel in turn, so that a large transfer does not hold up the others.
void Association::pump() {
  if (state_ != SctpState::kConnected) return;
  while (!turns_.empty()) {
    auto* channel = channels_.find(turns_.front());
    if (channel && !channel->waiting.empty() && send_first(*channel) == SctpSocket::Sent::kFull) break;
    turns_.pop_front();
    if (!channel) continue;
    if (!channel->waiting.empty()) {
      turns_.push_back(channel->record->number);
    } else if (channel->closing) {
      reset(*channel);
    }
  }
}

SctpSocket::Sent Association::send_first(Channel& channel) {
  const auto& first = channel.waiting.front();
  const auto outcome = socket_->send(sending_of(channel, first), first.bytes);
  if (outcome == SctpSocket::Sent::kFull) return outcome;
  if (outcome == SctpSocket::Sent::kDone) count_sent(channel, first);
  if (first.is_message) {
    channel.record->buffered -= first.size;
    give_back(*channel.record, first.size);
  }
  channel.waiting.pop_front();
  return outcome;
}

void Association::count_sent(Channel& channel, const Channel::Waiting& sent) {
  if (!sent.is_message) return;
  ++channel.record->messages_sent;
  channel.record->bytes_sent += sent.size;
}

void Association::forget_waiting(Channel& channel) {
  for (const auto& waiting : channel.waiting) {
    if (!waiting.is_message) continue;
    channel.record->buffered -= waiting.size;
    give_back(*channel.record, waiting.size);
  }
  channel.waiting.clear();
  wake();
}

void Association::give_back(ChannelRecord& channel, size_t bytes) {
  record_->give_back(channel, bytes);
  gave_back_ = true;
}

// Room that one channel had, or has given up, may be what another waits for.
void Association::tell_drained() {
  if (!std::exchange(gave_back_, false) || !record_->room.is_half_free()) return;
  channels_.for_each([this](Channel& channel) {
    if (channel.record->room.take_news() && !channel.closing) observer_.on_drained(channel.record);
  });
}

void Association::begin_closing(Channel& channel) {
  if (channel.closing) return;
  channel.closing = true;
  if (channel.waiting.empty()) reset(channel);
  set_state(channel, DataChannelState::kClosing);
}

void Association::reset(Channel& channel) {
  if (std::exchange(channel.reset_begun, true)) return;
  to_reset_.insert(*channel.stream);
  wake();
}

void Association::reset_streams() {
  if (state_ != SctpState::kConnected || to_reset_.empty()) return;
  const std::vector<uint16_t> streams(to_reset_.begin(), to_reset_.end());
  const auto outcome = socket_->reset_outgoing(streams);
  if (outcome == SctpSocket::Reset::kBusy) return;
  to_reset_.clear();
  if (outcome == SctpSocket::Reset::kBegun) return;
  // A peer that knows no resets leaves the stream as it is.
  visit_streams(streams, [this](Channel& channel) {
    channel.ours_reset = channel.peers_reset = true;
    close_if_reset(channel);
  });
}

void Association::close_if_reset(Channel& channel) {
  if (channel.ours_reset && channel.peers_reset) drop(channel, "");
}

}  // namespace kms::rtc
