// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace kms::gst {

// Stands in front of flvdemux, which reads a tag of notes (AMF objects within objects) by calling itself:
// half a megabyte that is nested deeply would take its thread's stack. Each level needs one of two marker
// bytes, so a tag with few of them is not deep. Streaming thread.
class FlvGuard {
 public:
  // `refused` is told on the streaming thread (post!), once at least; what came then is dropped.
  static void stand_before(GstElement* flvdemux, std::function<void()> refused);

  // False: a tag that could be too deep. The next bytes of a stream:
  bool push(std::span<const uint8_t> bytes);
  // A tag without its first four bytes, as flvdemux reads files:
  bool pull(std::span<const uint8_t> bytes);
  // The next byte that is pushed is that of a position in the file: of its head, or of a tag.
  void go_to(uint64_t position);

 private:
  static GstPadProbeReturn look(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  bool look_at(GstBuffer* buffer, bool pulled);
  bool count(std::span<const uint8_t> bytes);
  void read_head(uint8_t byte);

  std::function<void()> refused_;
  std::array<uint8_t, 4> head_{};  // of a tag: type and size
  size_t head_size_ = 0;
  uint64_t skipped_ = 13;  // bytes to come that do not matter; at first those of the file's head
  uint64_t notes_ = 0;     // bytes to come of a tag of notes
  size_t markers_ = 0;     // in that tag so far
};

}  // namespace kms::gst
