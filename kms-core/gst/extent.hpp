// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <functional>
#include <optional>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// How long a stream is, and whether it can be sought in.
struct Extent {
  std::optional<GstClockTime> duration = {};  // nanoseconds
  bool seekable = false;
};

// Says what comes, and is no part of it: a sticky event, but for the end.
bool announces(GstEvent* event);

// What the maker of a pad's stream says of it. Streaming thread.
Extent extent_of(GstPad* pad);

// A parser of sound without an index (MP3, AAC) knows it only after some frames. Asks then, and calls
// `handler` once, as soon as the stream can be sought in or it is sure that it cannot, on its streaming
// thread.
void ask_again(GstPad* pad, std::function<void(const Extent&)> handler);

// The stream's pictures do not lie as they are to be shown (a display matrix), as its tags so far say.
bool is_turned(GstPad* pad);

// Times of the media count from a clock of the stream (MPEG-TS, MPEG-PS), by which its first frame may come
// later than zero. `bin`: what takes it apart.
bool counts_from_a_clock(const Ref<GstElement>& bin);

// Something in the bin takes a container apart; notes in front of a stream (ID3) are none.
bool has_container(GstBin* bin);

}  // namespace kms::gst
