// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/local_feed.hpp"

#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {

LocalFeed::LocalFeed(Worker& worker, SourceId id, const SourceSettings& settings,
                     std::shared_ptr<LocalChannel> channel)
    : worker_(worker), stream_(id, settings), channel_(std::move(channel)) {}

void LocalFeed::take(TimePoint now) {
  // Taken back before the queue is read: what is pushed meanwhile is flushed anew.
  if (channel_->flushed.load(std::memory_order_relaxed) && channel_->flushed.exchange(false)) drain(now);
}

void LocalFeed::drain(TimePoint now) {
  auto& queue = channel_->queue;
  for (; !queue.empty(); ++next_index_) {
    pass_over(queue.missing());
    auto packet = worker_.pool().acquire();
    if (!packet) {
      queue.skip();
      channel_->dropped.fetch_add(1, std::memory_order_relaxed);
      stream_.want_key_frame();
      continue;
    }
    queue.pop_into(*packet);
    packet->index = next_index_;
    packet->arrived = now;
    stream_.receive(packet);
  }
  worker_.schedule(*this);
}

// What was refused leaves a gap that receivers see, and a picture that only a key frame mends.
void LocalFeed::pass_over(uint32_t packets) {
  if (packets == 0) return;
  next_index_ += packets;
  stream_.want_key_frame();
}

TimePoint LocalFeed::end_turn(TimePoint now) {
  ask(now);
  return stream_.deliver(now);
}

void LocalFeed::ask(TimePoint now) {
  if (stream_.take_key_frame_request(now)) channel_->key_frame_wanted.call();
}

void LocalFeed::finish(TimePoint now) {
  drain(now);
  stream_.deliver(now);
}

}  // namespace kms::rtc
