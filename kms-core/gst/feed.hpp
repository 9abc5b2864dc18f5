// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// A source element whose bytes come from a thread of its owner, never more than a megabyte ahead. What is
// read where is told in jobs: a seek begins a new one. Any thread.
class Feed {
 public:
  struct Shape {
    std::optional<uint64_t> size = {};  // bytes
    bool seekable = false;
  };
  static std::shared_ptr<Feed> create(const Shape& shape);
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // With one source pad "src". It lets go of this object's handlers when it dies.
  const Ref<GstElement>& element() const { return element_; }

  struct Job {
    uint64_t number = 0;
    uint64_t offset = 0;  // bytes
  };
  // Waits for a job after `number` (0: the first one); nothing when closed.
  std::optional<Job> wait_for_job(uint64_t number);
  // Hands on bytes of a job; waits for room. False: the job is over.
  bool push(const Job& job, const void* bytes, size_t size);
  // The job has no more bytes.
  void end(const Job& job);
  bool current(const Job& job) const;

  // Nothing waits any more.
  void close();

 private:
  Feed() = default;
  void seek(uint64_t offset);
  bool wait_for_room(const Job& job, std::unique_lock<std::mutex>& lock);
  void room();

  Ref<GstElement> element_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Job job_;              // guarded by mutex_; the first one when appsrc runs, which begins with a seek to 0
  bool closed_ = false;  // guarded by mutex_
  std::atomic<bool> full_ = false;
};

}  // namespace kms::gst
