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

  // Keeps encoded pictures from the latest key frame on for takers that come later and want them
  // (Inlet::set_catches_up): of a source that makes no key frames when asked. What is longer than some
  // seconds or megabytes is not kept, until the next key frame. Before the first buffer.
  void keep_from_key_frame() { keeps_ = true; }
  // Any thread. Oldest first; empty when nothing is kept.
  std::vector<Ref<GstBuffer>> kept() const;

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

  // Keeps the last encoded picture that can be decoded by itself. Before the first buffer.
  void keep_key_frame() { keeps_key_ = true; }
  // Null: none has come, or none is kept. Any thread.
  Ref<GstBuffer> key_frame() const;

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
  void keep(const Ref<GstBuffer>& buffer);
  void forget();

  mutable std::mutex mutex_;
  std::shared_ptr<const Takers> takers_ = std::make_shared<const Takers>();  // replaced, never changed
  StreamInfo info_;                                                          // guarded by mutex_
  GstClockTime last_ask_ = GST_CLOCK_TIME_NONE;                              // guarded by mutex_
  std::function<void()> ask_source_;                                         // guarded by mutex_
  std::vector<Ref<GstBuffer>> kept_;                                         // guarded by mutex_
  uint64_t kept_bytes_ = 0;                                                  // guarded by mutex_
  bool keeps_ = false;
  Ref<GstBuffer> key_frame_;  // guarded by mutex_
  bool keeps_key_ = false;
  std::vector<std::function<void()>> on_active_;
  std::atomic<bool> interrupted_ = false;
  std::atomic<bool> resting_ = true;
  std::atomic<uint64_t> frames_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace kms::gst
