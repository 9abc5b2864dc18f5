// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/data_source.hpp"

namespace kms::rtc {
namespace {

uint64_t next_id() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

}  // namespace

DataSource::DataSource() : id_(next_id()) {}

void DataSource::add(const TakerRef& taker) {
  const std::lock_guard lock(mutex_);
  takers_.push_back(taker);
}

void DataSource::remove(const TakerRef& taker) {
  const std::lock_guard lock(mutex_);
  std::erase(takers_, taker);
}

std::vector<DataSource::TakerRef> DataSource::takers() const {
  const std::lock_guard lock(mutex_);
  return takers_;
}

void DataSource::put(const DataChannelRef& channel, const DataMessage& message) {
  ++messages_;
  bytes_ += message.bytes.size();
  const auto all = takers();
  for (const auto& taker : all) {
    if (taker->on_message(channel, message) && holders_.on_full) holders_.on_full(taker);
  }
}

void DataSource::close(const DataChannelRef& channel) {
  const auto all = takers();
  for (const auto& taker : all) taker->on_closed(channel);
}

}  // namespace kms::rtc
