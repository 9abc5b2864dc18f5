// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "kms-core/gst/stream_info.hpp"

namespace kms::gst {

class Inlet;

// What leaves a source: hands every buffer to all its takers, each with a queue of its own, so that none
// disturbs another. One streaming thread pushes; takers come and go from the control loop. Time stamps are
// media time: the monotonic clock when the frame entered the server (paced media).
class FanOut {
 public:
  // Streaming thread.
  void stream(const StreamInfo& info);  // before the first buffer, and whenever the caps change
  void push(Ref<GstBuffer> buffer);     // waits only where an unpaced taker's queue is full
  void gap(const Gap& gap);             // sound is missing here
  void end();                           // no more buffers of this stream; a new stream() may follow

  // Any thread. True: push() no longer waits for anybody, and loses what would have to wait.
  void interrupt(bool interrupted);

  // Control loop; use Inlet::attach() and detach().
  void add(const std::shared_ptr<Inlet>& inlet, uint64_t epoch);
  void remove(const Inlet& inlet);

  // Any thread. Asks the source for a key frame; at most four a second get through.
  void request_key_unit();

  // Control loop. `handler` runs on the asking thread.
  void on_key_unit_request(std::function<void()> handler);
  // Set before the first buffer. `handler` runs on the streaming thread (post!) at the first buffer, and at
  // the first after rest().
  void on_active(std::function<void()> handler) { on_active_.push_back(std::move(handler)); }
  void rest() { resting_ = true; }
  bool resting() const { return resting_; }

  // Any thread.
  StreamInfo info() const;
  uint64_t frames() const { return frames_; }
  uint64_t bytes() const { return bytes_; }
  size_t takers() const;

 private:
  struct Taker {
    std::shared_ptr<Inlet> inlet;
    uint64_t epoch;  // what the inlet was told at attach(); it refuses what comes with another
  };
  using Takers = std::vector<Taker>;
  std::shared_ptr<const Takers> snapshot() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Takers> takers_ = std::make_shared<const Takers>();  // replaced, never changed
  StreamInfo info_;                                                          // guarded by mutex_
  GstClockTime last_ask_ = GST_CLOCK_TIME_NONE;                              // guarded by mutex_
  std::function<void()> ask_source_;                                         // guarded by mutex_
  std::vector<std::function<void()>> on_active_;
  std::atomic<bool> interrupted_ = false;
  std::atomic<bool> resting_ = true;
  std::atomic<uint64_t> frames_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace kms::gst
