// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/forwarding/source_stream.hpp"
#include "kms-core/rtc/peer/callback_gate.hpp"
#include "kms-core/rtc/peer/local_queue.hpp"
#include "kms-core/rtc/peer/turn_taker.hpp"

namespace kms::rtc {

// What a LocalSource and its RTC thread share.
struct LocalChannel {
  LocalChannel(size_t capacity, std::function<void()> on_key_frame_wanted)
      : queue(capacity), key_frame_wanted(std::move(on_key_frame_wanted)) {}

  LocalQueue queue;
  std::atomic<bool> flushed = false;  // since the RTC thread looked last
  std::atomic<uint64_t> dropped = 0;
  CallbackGate key_frame_wanted;
  const std::shared_ptr<SourceCounters> counters = std::make_shared<SourceCounters>();
};

// A source whose packets are made in this process, on its RTC thread.
class LocalFeed final : public TurnTaker {
 public:
  LocalFeed(Worker& worker, SourceId id, const SourceSettings& settings,
            std::shared_ptr<LocalChannel> channel);

  SourceStream& stream() { return stream_; }
  // In each turn: what has been pushed and flushed.
  void take(TimePoint now);
  void tick(TimePoint now) {
    ask(now);
    channel_->counters->measure(now);
    channel_->counters->set_taken(stream_.is_taken());
  }
  // Sends on all that was pushed.
  void finish(TimePoint now);

 private:
  TimePoint end_turn(TimePoint now) override;
  void drain(TimePoint now);
  void pass_over(uint32_t packets);
  void ask(TimePoint now);

  Worker& worker_;
  SourceStream stream_;
  std::shared_ptr<LocalChannel> channel_;
  uint64_t next_index_ = 0;
};

}  // namespace kms::rtc
