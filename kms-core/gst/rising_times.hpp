// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// Lets the time stamps of media rise that comes from one source after another: a source may begin before the
// time that the last one reached. What is earlier is pressed into little more than no time, in its own order
// and each buffer at a time of its own: of equal times parsers make up others, which then go back. A source
// that begins long before is later as a whole. One thread.
class RisingTimes {
 public:
  // Another source, or the same with other caps.
  void begin() { before_ = last_; }
  // Whether the stream before was there at that time, or later, and this is no other time.
  bool is_filled(GstBuffer* buffer) const;
  // Time stamps that were negative are so as differences. `in_order`: what has no decoding times comes in the
  // order in which it is shown.
  void raise(Ref<GstBuffer>& buffer, bool in_order);

 private:
  GstClockTimeDiff risen(GstClockTimeDiff stamp) const;
  void press(GstClockTimeDiff stamp, GstClockTimeDiff reached);
  void hide(Ref<GstBuffer>& buffer, GstClockTimeDiff stamp);
  void move(Ref<GstBuffer>& buffer, GstClockTimeDiff least) const;

  GstClockTimeDiff last_ = -1;    // the latest so far
  GstClockTimeDiff before_ = -1;  // the latest of the stream before
  GstClockTimeDiff later_ = 0;    // how much later everything is
  GstClockTimeDiff from_ = 0;     // what is at this time ...
  GstClockTimeDiff floor_ =
      -1;  // ... lies there, and what follows it closely behind, until it is later anyway
};

}  // namespace kms::gst
