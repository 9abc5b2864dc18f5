// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/channel_mirror.hpp"

namespace kms::webrtc {
namespace {

bool is_limited(const rtc::DataChannelOptions& options) {
  return options.max_retransmits.has_value() || options.max_packet_lifetime_ms.has_value();
}

size_t message_cost(const rtc::DataMessage& message) {
  return message.bytes.size() + rtc::SendRoom::kPerMessage;
}

}  // namespace

// Whether one must be opened.
bool ChannelMirror::find_channel(const Name& name, Outlet& outlet) const {
  if (outlet.channel && outlet.channel->state() <= rtc::DataChannelState::kOpen) return false;
  outlet.channel = board_->find(name.first, name.second);
  outlet.ours = false;
  return !outlet.channel && !std::exchange(outlet.asked, true);
}

bool ChannelMirror::send(const rtc::DataChannelRef& to, const rtc::DataMessage& message) {
  const auto status = to->send(message);
  if (status.ok()) {
    ++sent_.messages;
    sent_.bytes += message.bytes.size();
    return true;
  }
  if (reason_of(status) == "DATA_BUFFER_FULL") return false;
  ++sent_.dropped;
  return true;
}

void ChannelMirror::take(Outlet& outlet, const rtc::DataMessage& message, bool limited) {
  if (outlet.channel) send_waiting(outlet);
  if (outlet.channel && outlet.waiting.empty() && send(outlet.channel, message)) return;
  const bool waits = !given_up_ && !(outlet.channel && limited);
  if (!waits || !keep(outlet, message)) ++sent_.dropped;
}

bool ChannelMirror::keep(Outlet& outlet, const rtc::DataMessage& message) {
  const size_t cost = message_cost(message);
  if (waiting_bytes_ + cost > kMostWaiting) return false;
  waiting_bytes_ += cost;
  outlet.waiting.push_back(message);
  return true;
}

void ChannelMirror::send_waiting(Outlet& outlet) {
  while (!outlet.waiting.empty() && send(outlet.channel, outlet.waiting.front())) {
    waiting_bytes_ -= message_cost(outlet.waiting.front());
    outlet.waiting.pop_front();
  }
}

void ChannelMirror::forget_waiting(Outlet& outlet) {
  sent_.dropped += outlet.waiting.size();
  for (const auto& message : outlet.waiting) waiting_bytes_ -= message_cost(message);
  outlet.waiting.clear();
}

void ChannelMirror::close(Outlets::iterator outlet) {
  auto& [channel, ours, asked, closing, waiting] = outlet->second;
  if (!closing || !waiting.empty()) return;
  if (ours) channel->close();
  outlets_.erase(outlet);
}

bool ChannelMirror::set_full() {
  if (waiting_bytes_ == 0) given_up_ = false;
  const bool full = waiting_bytes_ > 0 && !given_up_;
  return full != std::exchange(full_, full) && full;
}

void ChannelMirror::tell_room() const {
  if (is_full()) return;
  if (const auto source = source_.lock()) source->tell_room();
}

// By our own stream: the sender's may have been agreed on.
void ChannelMirror::ask_for(rtc::DataChannelOptions options) const {
  options.negotiated_id.reset();
  open_(options);
}

bool ChannelMirror::on_message(const rtc::DataChannelRef& channel, const rtc::DataMessage& message) {
  const auto& options = channel->options();
  bool must_open = false;
  bool became_full = false;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    const auto name = name_of(options);
    auto& outlet = outlets_[name];
    outlet.closing = false;
    must_open = find_channel(name, outlet);
    take(outlet, message, is_limited(options));
    became_full = set_full();
  }
  if (must_open) ask_for(options);
  return became_full;
}

// A channel of ours has room, or is closed: what waits for it goes on, or to the next of its name.
void ChannelMirror::on_room(const rtc::DataChannel& channel) {
  const auto& options = channel.options();
  bool must_open = false;
  {
    const std::lock_guard lock(mutex_);
    const auto name = name_of(options);
    const auto found = outlets_.find(name);
    if (found == outlets_.end() || found->second.waiting.empty()) return;
    must_open = find_channel(name, found->second);
    if (found->second.channel) send_waiting(found->second);
    close(found);
    set_full();
  }
  if (must_open) ask_for(options);
  tell_room();
}

void ChannelMirror::opened(const rtc::DataChannelRef& channel) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = outlets_.find(name_of(channel->options()));
    if (found != outlets_.end()) found->second.asked = false;
    if (ended_ || found == outlets_.end() || found->second.channel) return channel->close();
    auto& outlet = found->second;
    outlet.channel = channel;
    outlet.ours = true;
    send_waiting(outlet);
    close(found);
    set_full();
  }
  tell_room();
}

void ChannelMirror::refused(const rtc::DataChannelOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = outlets_.find(name_of(options));
    if (found == outlets_.end()) return;
    found->second.asked = false;
    if (!found->second.channel) forget_waiting(found->second);
    close(found);
    set_full();
  }
  tell_room();
}

void ChannelMirror::on_closed(const rtc::DataChannelRef& channel) {
  const std::lock_guard lock(mutex_);
  const auto found = outlets_.find(name_of(channel->options()));
  if (found == outlets_.end()) return;
  found->second.closing = true;
  close(found);
}

bool ChannelMirror::is_full() const {
  const std::lock_guard lock(mutex_);
  return full_;
}

void ChannelMirror::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = waiting_bytes_ > 0;
  full_ = false;
}

void ChannelMirror::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    for (auto& [name, outlet] : outlets_) {
      forget_waiting(outlet);
      if (outlet.ours) outlet.channel->close();
    }
    outlets_.clear();
    set_full();
  }
  tell_room();
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
  mirror_ = make_(source_);
  source_->add(mirror_);
}

void DataPortTaker::end() {
  take(nullptr);
  make_ = nullptr;
}

}  // namespace kms::webrtc
