// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <mutex>

namespace kms::mix {

// Holds unpaced media (a file as fast as it is taken) up until it is due, as a mixer has a pace of its own.
// The time of its first buffer is now; where it jumps, time goes on. hold() is for one streaming thread.
class Brake {
 public:
  void begin(bool unpaced);  // a stream
  void hold(GstClockTime time);
  // Holds nothing any more; who waits goes on. Any thread.
  void release();

 private:
  bool unpaced_ = false;
  GstClockTime first_ = GST_CLOCK_TIME_NONE;  // of the stream
  GstClockTime due_ = 0;                      // media clock, of that

  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;  // guarded by mutex_
};

}  // namespace kms::mix
