// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/channel_board.hpp"

#include <algorithm>
#include <utility>

#include "elements/webrtc/data_messages.hpp"

namespace kms::webrtc {
namespace {

constexpr size_t kCostOfOne = 256;  // about what a message costs besides its bytes

size_t cost_of(const v1::ReceiveDataResponse& response) {
  return kCostOfOne + response.message().text().size() + response.message().binary().size() +
         response.channel().label().size() + response.channel().protocol().size();
}

v1::ReceiveDataResponse about(const v1::DataChannel& channel) {
  v1::ReceiveDataResponse response;
  *response.mutable_channel() = channel;
  return response;
}

}  // namespace

ChannelBoard::Feeds ChannelBoard::publish(v1::ReceiveDataResponse response) const {
  Feeds high;
  const size_t cost = cost_of(response);
  const auto shared = std::make_shared<const v1::ReceiveDataResponse>(std::move(response));
  for (const auto& feed : feeds_) {
    if (feed->push(shared, cost)) high.push_back(feed);
  }
  return high;
}

void ChannelBoard::announce(const rtc::DataChannelRef& channel) {
  v1::DataChannelStateChanged event;
  {
    const std::lock_guard lock(mutex_);
    *event.mutable_channel() = to_proto(*channel);
    if (ended_ || event.channel().state() == v1::DATA_CHANNEL_STATE_CLOSED) return;
    if (!channels_.try_emplace(channel->number(), channel).second) return;
    publish(about(event.channel()));
  }
  events_.on_state(event);
}

void ChannelBoard::change(const rtc::DataChannelRef& channel, rtc::DataChannelState state,
                          std::string_view reason) {
  v1::DataChannelStateChanged event;
  *event.mutable_channel() = to_proto(*channel, state);
  event.set_reason(std::string(reason));
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    count(channel->number(), state);
    if (state == rtc::DataChannelState::kClosed) {
      channels_.erase(channel->number());
    } else {
      channels_[channel->number()] = channel;
    }
    publish(about(event.channel()));
  }
  events_.on_state(event);
  if (state != rtc::DataChannelState::kClosed) return;
  source_->close(channel);
  tell_room(*channel);
}

void ChannelBoard::count(rtc::ChannelNumber number, rtc::DataChannelState state) {
  if (state == rtc::DataChannelState::kOpen && open_.insert(number).second)
    counts_.set_data_channels_opened(counts_.data_channels_opened() + 1);
  if (state == rtc::DataChannelState::kClosed && open_.erase(number) > 0)
    counts_.set_data_channels_closed(counts_.data_channels_closed() + 1);
}

v1::PeerConnectionStats ChannelBoard::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void ChannelBoard::receive(const rtc::DataChannelRef& channel, rtc::DataMessage message) {
  source_->put(channel, message);
  Feeds high;
  {
    const std::lock_guard lock(mutex_);
    if (feeds_.empty()) return;
    high = publish(received(*channel, std::move(message)));
  }
  for (const auto& feed : high) events_.on_high(feed);
}

void ChannelBoard::drain(const rtc::DataChannelRef& channel) const {
  v1::DataChannelDrained event;
  event.set_channel(channel->number());
  events_.on_drained(event);
  tell_room(*channel);
}

void ChannelBoard::tell_room_to(std::weak_ptr<RoomListener> listener) {
  const std::lock_guard lock(mutex_);
  room_listener_ = std::move(listener);
}

void ChannelBoard::tell_room(const rtc::DataChannel& channel) const {
  std::shared_ptr<RoomListener> listener;
  {
    const std::lock_guard lock(mutex_);
    listener = room_listener_.lock();
  }
  if (listener) listener->on_room(channel);
}

rtc::DataChannelRef ChannelBoard::find(rtc::ChannelNumber number) const {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(number);
  return found == channels_.end() ? nullptr : found->second;
}

rtc::DataChannelRef ChannelBoard::find(const std::string& label, const std::string& protocol) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(channels_, [&](const auto& entry) {
    const auto& options = entry.second->options();
    return options.label == label && options.protocol == protocol &&
           entry.second->state() <= rtc::DataChannelState::kOpen;
  });
  return found == channels_.end() ? nullptr : found->second;
}

std::vector<rtc::DataChannelRef> ChannelBoard::channels() const {
  const std::lock_guard lock(mutex_);
  std::vector<rtc::DataChannelRef> all;
  for (const auto& [number, channel] : channels_) all.push_back(channel);
  return all;
}

bool ChannelBoard::add(const std::shared_ptr<DataFeed>& feed, size_t most) {
  const std::lock_guard lock(mutex_);
  std::erase_if(feeds_, [](const auto& one) { return one->is_ended(); });
  if (ended_ || feeds_.size() >= most) return false;
  for (const auto& [number, channel] : channels_) {
    const auto response = about(to_proto(*channel));
    feed->push(std::make_shared<const v1::ReceiveDataResponse>(response), cost_of(response));
  }
  feeds_.push_back(feed);
  return true;
}

std::vector<std::shared_ptr<DataFeed>> ChannelBoard::feeds() {
  const std::lock_guard lock(mutex_);
  std::erase_if(feeds_, [](const auto& one) { return one->is_ended(); });
  return feeds_;
}

void ChannelBoard::end() {
  Feeds ended;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    channels_.clear();
    ended = std::exchange(feeds_, {});
  }
  for (const auto& feed : ended) feed->end(ok());
}

}  // namespace kms::webrtc
