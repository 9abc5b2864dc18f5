// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>

namespace kms::gst {

// Looks at the encoded pictures that go through a pad: are their key frames far apart? Streaming thread.
class KeyFrameWatch : public std::enable_shared_from_this<KeyFrameWatch> {
 public:
  explicit KeyFrameWatch(GstClockTime longest) : longest_(longest) {}

  // Once. On the streaming thread (post!). Before the first buffer.
  void on_rare(std::function<void()> handler) { on_rare_ = std::move(handler); }
  void look_at(GstPad* pad);

 private:
  void look(GstBuffer* buffer);
  void begin_anew() { last_ = GST_CLOCK_TIME_NONE; }

  const GstClockTime longest_;
  std::function<void()> on_rare_;
  GstClockTime last_ = GST_CLOCK_TIME_NONE;  // when the last key frame was
  bool told_ = false;
};

}  // namespace kms::gst
