// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
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
    // Must not block. True: it has become full by this message, and should be waited for.
    virtual bool on_message(const DataChannelRef& channel, const DataMessage& message) = 0;
    virtual void on_closed(const DataChannelRef& channel) = 0;
    // While true the source should hold back; DataSource::tell_room() is called when it is false again.
    virtual bool is_full() const = 0;
    // It was waited for long enough: not full any more, and drops what finds no room.
    virtual void give_up() = 0;
  };
  using TakerRef = std::shared_ptr<Taker>;

  DataSource();
  DataSource(const DataSource&) = delete;
  DataSource& operator=(const DataSource&) = delete;

  uint64_t id() const { return id_; }  // that no other has
  void add(const TakerRef& taker);
  // A call that is under way may still reach it.
  void remove(const TakerRef& taker);

  void put(const DataChannelRef& channel, const DataMessage& message);
  void close(const DataChannelRef& channel);

  // For whom can hold back what is put in. Called on the threads that cause it, without a lock.
  struct Holders {
    std::function<void(const TakerRef& taker)> on_full = {};
    std::function<void()> on_room = {};  // a taker is not full any more, perhaps
  };
  // Once, before anything is put in.
  void set_holders(Holders holders) { holders_ = std::move(holders); }
  void tell_room() const {
    if (holders_.on_room) holders_.on_room();
  }

  uint64_t messages() const { return messages_; }
  uint64_t bytes() const { return bytes_; }

 private:
  std::vector<TakerRef> takers() const;

  const uint64_t id_;
  Holders holders_;
  std::atomic<uint64_t> messages_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  mutable std::mutex mutex_;
  std::vector<TakerRef> takers_;  // guarded by mutex_
};
using DataSourceRef = std::shared_ptr<DataSource>;

}  // namespace kms::rtc
