// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

namespace kms::gst {

// What a Demuxer does with a stream that it met.
enum class Autoplug {
  kGoOn,      // a container, or frames that a parser must complete
  kTake,      // frames as a muxer or a decoder takes them, or nothing that kms could take further
  kPlaylist,  // a document that names other media
};

// `factory`: the element that the stream comes out of; null when unknown. Any thread.
Autoplug autoplug(const GstCaps* caps, GstElementFactory* factory);

// Whether an element may be made for media from outside: parsers, and demuxers that open nothing by
// themselves.
bool may_autoplug(GstElementFactory* factory);

// Who made a pad's stream. The pad is one that parsebin may expose later; whose stream it is, its target
// tells.
GstElementFactory* maker_of(GstPad* pad);

}  // namespace kms::gst
