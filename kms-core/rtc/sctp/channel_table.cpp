// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/channel_table.hpp"

namespace kms::rtc {

Channel* ChannelTable::add(ChannelRef record) {
  if (channels_.size() >= kMaxDataStreams) return nullptr;
  const auto number = record->number;
  return &channels_.emplace(number, Channel{std::move(record)}).first->second;
}

void ChannelTable::erase(ChannelNumber number) {
  const auto* found = find(number);
  if (!found) return;
  if (found->stream) by_stream_.erase(*found->stream);
  channels_.erase(number);
}

Channel* ChannelTable::find(ChannelNumber number) {
  const auto found = channels_.find(number);
  return found == channels_.end() ? nullptr : &found->second;
}

Channel* ChannelTable::of_stream(uint16_t stream) {
  const auto found = by_stream_.find(stream);
  return found == by_stream_.end() ? nullptr : find(found->second);
}

bool ChannelTable::assign(Channel& channel, bool client, uint16_t streams) {
  const auto wanted = channel.record->options.negotiated_id;
  const auto stream = wanted ? wanted : free_stream(client, streams);
  if (!stream || *stream >= streams || by_stream_.contains(*stream)) return false;
  assign(channel, *stream);
  return true;
}

void ChannelTable::assign(Channel& channel, uint16_t stream) {
  channel.stream = stream;
  channel.record->stream = stream;
  by_stream_[stream] = channel.record->number;
}

// In turn, so that one that was just closed rests: to a peer that has not heard our last answer yet, it is in
// use.
std::optional<uint16_t> ChannelTable::free_stream(bool client, uint16_t streams) {
  const uint32_t first = client ? 0 : 1;
  for (uint32_t tried = first; tried < streams; tried += 2) {
    const uint32_t stream = next_ < first || next_ >= streams ? first : next_;
    next_ = stream + 2;
    if (!by_stream_.contains(static_cast<uint16_t>(stream))) return static_cast<uint16_t>(stream);
  }
  return std::nullopt;
}

void ChannelTable::for_each(const std::function<void(Channel&)>& visit) {
  for (auto at = channels_.begin(); at != channels_.end();) {
    auto& channel = (at++)->second;
    visit(channel);
  }
}

}  // namespace kms::rtc
