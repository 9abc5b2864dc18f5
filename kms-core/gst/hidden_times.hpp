// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <deque>
#include <mutex>

namespace kms::gst {

// The time stamps of frames that are to be decoded and not shown (before the target of a seek). Noted where
// they go into a decoder, asked where its pictures come out: parsers and decoders lose the flag that says so.
// Any thread.
class HiddenTimes {
 public:
  void add(GstClockTime pts);
  bool hold(GstClockTime pts) const;

 private:
  struct Range {
    GstClockTime first;
    GstClockTime last;
  };
  mutable std::mutex mutex_;
  std::deque<Range> ranges_;  // the latest few: what a decoder may still have in it
};

}  // namespace kms::gst
