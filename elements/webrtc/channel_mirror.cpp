// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/channel_mirror.hpp"

namespace kms::webrtc {

ChannelMirror::Name ChannelMirror::name_of(const rtc::DataChannel& channel) {
  return {channel.options().label, channel.options().protocol};
}

bool ChannelMirror::find_channel(const Name& name, Outlet& outlet) const {
  if (outlet.channel && outlet.channel->state() <= rtc::DataChannelState::kOpen) return false;
  const bool lost = outlet.channel != nullptr;
  outlet.channel = board_->find(name.first, name.second);
  outlet.ours = false;
  return !outlet.channel && (lost || outlet.waiting.empty());
}

void ChannelMirror::send(const rtc::DataChannelRef& to, const rtc::DataMessage& message) {
  if (to->send(message).ok()) {
    ++sent_.messages;
    sent_.bytes += message.bytes.size();
  } else {
    ++sent_.dropped;
  }
}

void ChannelMirror::keep(Outlet& outlet, const rtc::DataMessage& message) {
  const size_t cost = message.bytes.size() + rtc::SendRoom::kPerMessage;
  if (outlet.waiting_bytes + cost > kMostWaiting) {
    ++sent_.dropped;
    return;
  }
  outlet.waiting_bytes += cost;
  outlet.waiting.push_back(message);
}

void ChannelMirror::on_message(const rtc::DataChannelRef& channel, const rtc::DataMessage& message) {
  bool must_open = false;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    const auto name = name_of(*channel);
    auto& outlet = outlets_[name];
    must_open = find_channel(name, outlet);
    if (outlet.channel) {
      send_waiting(outlet);
      send(outlet.channel, message);
    } else {
      keep(outlet, message);
    }
  }
  if (!must_open) return;
  auto options = channel->options();
  options.negotiated_id.reset();
  open_(options);
}

void ChannelMirror::opened(const rtc::DataChannelRef& channel) {
  const std::lock_guard lock(mutex_);
  const auto found = outlets_.find(name_of(*channel));
  if (ended_ || found == outlets_.end() || found->second.channel) return channel->close();
  auto& outlet = found->second;
  outlet.channel = channel;
  outlet.ours = true;
  send_waiting(outlet);
}

void ChannelMirror::send_waiting(Outlet& outlet) {
  for (const auto& message : outlet.waiting) send(outlet.channel, message);
  outlet.waiting.clear();
  outlet.waiting_bytes = 0;
}

void ChannelMirror::on_closed(const rtc::DataChannelRef& channel) {
  const std::lock_guard lock(mutex_);
  const auto found = outlets_.find(name_of(*channel));
  if (found == outlets_.end()) return;
  if (found->second.ours) found->second.channel->close();
  outlets_.erase(found);
}

void ChannelMirror::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (const auto& [name, outlet] : outlets_) {
    if (outlet.ours) outlet.channel->close();
  }
  outlets_.clear();
}

graph::DataTaker::Sent ChannelMirror::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

void DataPortTaker::take(const rtc::DataSourceRef& source) {
  if (mirror_) {
    source_->remove(mirror_);
    mirror_->end();
    mirror_.reset();
  }
  source_ = make_ ? source : nullptr;
  if (!source_) return;
  mirror_ = make_();
  source_->add(mirror_);
}

void DataPortTaker::end() {
  take(nullptr);
  make_ = nullptr;
}

}  // namespace kms::webrtc
