// SPDX-License-Identifier: Apache-2.0
// What goes to the peer, and how channels end.
#include <algorithm>
#include <iterator>
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
  if (channel.waiting.empty()) take_turn(channel);
  channel.waiting.push_back(std::move(waiting));
  wake();
}

// Unless it has no stream yet, or one whose last reset is not answered: then its turn comes with that.
void Association::take_turn(const Channel& channel) {
  if (channel.stream && !resetting_.contains(*channel.stream)) turns_.push_back(channel.record->number);
}

// One message of each channel in turn, so that a large transfer does not hold up the others.
void Association::pump() {
  while (state_ == SctpState::kConnected && !turns_.empty()) {
    const auto number = turns_.front();
    auto* channel = channels_.find(number);
    const auto outcome =
        channel && !channel->waiting.empty() ? send_first(*channel) : SctpSocket::Sent::kDone;
    if (outcome == SctpSocket::Sent::kFull) return;
    if (outcome == SctpSocket::Sent::kGone) {
      // What has come before its end is still to be read, and so may be the word of that.
      if (reading_) end("SCTP_CLOSED");
      return;
    }
    turns_.pop_front();
    if (outcome == SctpSocket::Sent::kRefused) fail(*channel);
    follow_up(number);
  }
}

// After the turn of a channel.
void Association::follow_up(ChannelNumber number) {
  auto* channel = channels_.find(number);
  if (!channel) return;
  if (!channel->waiting.empty()) {
    turns_.push_back(number);
  } else if (channel->closing) {
    reset(*channel);
  }
}

SctpSocket::Sent Association::send_first(Channel& channel) {
  const auto& first = channel.waiting.front();
  const auto outcome = socket_->send(sending_of(channel, first), first.bytes);
  if (outcome != SctpSocket::Sent::kDone) return outcome;
  count_sent(channel, first);
  if (first.is_message) {
    channel.record->buffered -= first.size;
    give_back(*channel.record, first.size);
  }
  channel.waiting.pop_front();
  return outcome;
}

// What cannot be sent takes its channel with it: of those that follow none may arrive in its place. A channel
// that the peer has not heard of is over at once.
void Association::fail(Channel& channel) {
  const bool unknown = !channel.waiting.front().is_message && !channel.record->by_peer;
  if (unknown) return drop(channel, "SCTP_FAILED");
  forget_waiting(channel);
  begin_closing(channel, "SCTP_FAILED");
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

void Association::begin_closing(Channel& channel, std::string_view reason) {
  if (channel.closing) return;
  channel.closing = true;
  channel.reason = reason;
  if (channel.waiting.empty()) reset(channel);
  set_state(channel, DataChannelState::kClosing, reason);
}

void Association::reset(Channel& channel) {
  if (std::exchange(channel.reset_begun, true)) return;
  to_reset_.insert(*channel.stream);
  wake();
}

void Association::reset_streams() {
  if (state_ != SctpState::kConnected) return;
  std::vector<uint16_t> streams;
  std::set_difference(to_reset_.begin(), to_reset_.end(), resetting_.begin(), resetting_.end(),
                      std::back_inserter(streams));
  if (streams.empty()) return;
  const auto outcome = socket_->reset_outgoing(streams);
  if (outcome == SctpSocket::Reset::kBusy) return;
  for (const auto stream : streams) to_reset_.erase(stream);
  if (outcome == SctpSocket::Reset::kBegun) {
    resetting_.insert(streams.begin(), streams.end());
    return;
  }
  // A peer that knows no resets leaves the stream as it is.
  visit_streams(streams, [this](Channel& channel) {
    channel.ours_reset = channel.peers_reset = true;
    close_if_reset(channel);
  });
}

void Association::close_if_reset(Channel& channel) {
  if (channel.ours_reset && channel.peers_reset) drop(channel, channel.reason);
}

}  // namespace kms::rtc
