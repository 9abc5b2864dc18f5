// SPDX-License-Identifier: Apache-2.0
// What happens on the SCTP thread.
#include <utility>

#include "kms-core/rtc/sctp/sctp_core.hpp"

namespace kms::rtc {

// Where there is no association to say so, a channel is closed all the same: who opened it waits for its
// state.
void SctpCore::add(const ChannelRef& record, Listened listened) {
  if (!ended_) channels_[record->number] = std::move(listened);
  if (auto* association = this->association()) return association->open(record);
  record->state = DataChannelState::kClosed;
  on_channel_state(record, failure_.empty() ? "SCTP_CLOSED" : failure_);
}

void SctpCore::end() {
  over_ = true;
  ended_ = true;
  channels_.clear();
  association_.reset();
  events_ = {};
}

SctpStatistics SctpCore::statistics_now() const {
  SctpStatistics now{.state = over_ ? SctpState::kClosed : SctpState::kNew,
                     .dropped_packets = dropped_packets_,
                     .strays = record_->strays,
                     .malformed = record_->malformed};
  for (const auto& [number, listened] : channels_) now.channels.push_back(listened.channel);
  if (!association_) return now;
  now.state = association_->state();
  now.figures = association_->figures();
  return now;
}

void SctpCore::on_packet(Bytes packet) {
  if (events_.send) events_.send({packet.begin(), packet.end()});
}

void SctpCore::on_state(SctpState state, std::string_view reason) {
  if (state == SctpState::kClosed) over_ = true;
  if (events_.on_state) events_.on_state(state, reason);
}

void SctpCore::on_channel(const ChannelRef& record) {
  auto channel = channel_of(record);
  DataChannelEvents events;
  if (events_.on_channel) events = events_.on_channel(channel);
  channels_[record->number] = {std::move(channel), std::move(events)};
}

void SctpCore::on_channel_state(const ChannelRef& record, std::string_view reason) {
  const auto found = channels_.find(record->number);
  if (found == channels_.end()) return;
  const auto state = record->state.load();
  auto listened = found->second;
  if (state == DataChannelState::kClosed) {
    channels_.erase(found);
    channels_of_ours_ -= record->by_peer ? 0 : 1;
  }
  if (listened.events.on_state) listened.events.on_state(listened.channel, state, reason);
}

void SctpCore::on_message(const ChannelRef& record, DataMessage message) {
  const auto found = channels_.find(record->number);
  if (found == channels_.end() || !found->second.events.on_message) return;
  found->second.events.on_message(found->second.channel, std::move(message));
}

void SctpCore::on_drained(const ChannelRef& record) {
  const auto found = channels_.find(record->number);
  if (found == channels_.end() || !found->second.events.on_drained) return;
  found->second.events.on_drained(found->second.channel);
}

}  // namespace kms::rtc
