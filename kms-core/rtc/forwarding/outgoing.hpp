// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/forwarding/packet.hpp"
#include "kms-core/rtc/rtp/picture_numbers.hpp"

namespace kms::rtc {

// How a packet of a source goes out to one consumer.
struct Outgoing {
  uint64_t index = 0;
  PictureShift pictures = {};
  bool marker = false;
  // Its number was kept free before it was known what it carries, and it is not wanted: sent without that,
  // so that the receiver does not ask for it for ever.
  bool empty = false;
};

}  // namespace kms::rtc
