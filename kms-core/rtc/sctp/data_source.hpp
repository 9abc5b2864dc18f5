// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "kms-core/rtc/sctp/data_channel.hpp"

namespace kms::rtc {

// Messages of a peer's data channels on their way to other peers. Who listens to the channels puts them in;
// any thread, but the takers are called on that of whom puts in, the SCTP thread.
class DataSource {
 public:
  class Taker {
   public:
    virtual ~Taker() = default;
    // Must not block.
    virtual void on_message(const DataChannelRef& channel, const DataMessage& message) = 0;
    virtual void on_closed(const DataChannelRef& channel) = 0;
  };

  DataSource();
  DataSource(const DataSource&) = delete;
  DataSource& operator=(const DataSource&) = delete;

  uint64_t id() const { return id_; }  // that no other has
  void add(const std::shared_ptr<Taker>& taker);
  // A call that is under way may still reach it.
  void remove(const std::shared_ptr<Taker>& taker);

  void put(const DataChannelRef& channel, const DataMessage& message);
  void close(const DataChannelRef& channel);

  uint64_t messages() const { return messages_; }
  uint64_t bytes() const { return bytes_; }

 private:
  using Takers = std::vector<std::shared_ptr<Taker>>;
  Takers takers() const;

  const uint64_t id_;
  std::atomic<uint64_t> messages_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  mutable std::mutex mutex_;
  Takers takers_;  // guarded by mutex_
};
using DataSourceRef = std::shared_ptr<DataSource>;

}  // namespace kms::rtc
