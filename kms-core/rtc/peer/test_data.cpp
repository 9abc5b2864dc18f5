// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/test_data.hpp"

#include <algorithm>
#include <future>
#include <utility>

namespace kms::rtc::test {

DataChannelEvents ChannelLog::events() {
  DataChannelEvents events;
  events.on_message = [heard = heard_](const auto&, DataMessage message) {
    const std::lock_guard lock(heard->mutex);
    heard->messages.push_back(std::move(message));
  };
  events.on_state = [heard = heard_](const auto&, DataChannelState state, std::string_view) {
    const std::lock_guard lock(heard->mutex);
    heard->states.push_back(state);
  };
  events.on_drained = [heard = heard_](const auto&) {
    const std::lock_guard lock(heard->mutex);
    ++heard->drained;
  };
  return events;
}

std::vector<DataMessage> ChannelLog::messages() const {
  const std::lock_guard lock(heard_->mutex);
  return heard_->messages;
}

size_t ChannelLog::count() const {
  const std::lock_guard lock(heard_->mutex);
  return heard_->messages.size();
}

int ChannelLog::drained() const {
  const std::lock_guard lock(heard_->mutex);
  return heard_->drained;
}

bool ChannelLog::has(DataChannelState state) const {
  const std::lock_guard lock(heard_->mutex);
  return std::ranges::find(heard_->states, state) != heard_->states.end();
}

DataChannelEvents OpenedChannels::add(const DataChannelRef& channel) {
  const std::lock_guard lock(mutex_);
  return entries_.emplace_back(Entry{channel, {}}).log.events();
}

size_t OpenedChannels::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

DataChannelRef OpenedChannels::channel(size_t index) const {
  const std::lock_guard lock(mutex_);
  return entries_.at(index).channel;
}

ChannelLog OpenedChannels::log(size_t index) const {
  const std::lock_guard lock(mutex_);
  return entries_.at(index).log;
}

namespace {

SctpEvents events_of(auto packets, auto opened) {
  SctpEvents events;
  events.send = [packets](std::vector<uint8_t> packet) {
    const std::lock_guard lock(packets->mutex);
    packets->waiting.push_back(std::move(packet));
  };
  events.on_channel = [opened](const DataChannelRef& channel) { return opened->add(channel); };
  return events;
}

}  // namespace

TestData::TestData() : transport_(std::move(*SctpThread::get()), events_of(packets_, opened_)) {}

std::vector<std::vector<uint8_t>> TestData::take_packets() {
  const std::lock_guard lock(packets_->mutex);
  return std::exchange(packets_->waiting, {});
}

std::vector<std::vector<uint8_t>> TestData::end(std::unique_ptr<TestData> data) {
  const auto thread = std::move(*SctpThread::get());
  const auto packets = data->packets_;
  data.reset();
  std::promise<void> done;  // what was posted before has run
  thread->loop()->post([&] { done.set_value(); });
  done.get_future().wait();
  const std::lock_guard lock(packets->mutex);
  return std::exchange(packets->waiting, {});
}

DataChannelRef TestData::open(DataChannelOptions options, ChannelLog& log) {
  return std::move(*transport_.open(std::move(options), log.events()));
}

}  // namespace kms::rtc::test
