// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/rtp/extension_reader.hpp"
#include "kms-core/rtc/wire/byte_writer.hpp"

namespace kms::rtc {

// Builds a header extension block (RFC 8285), its 4-byte head included, in a buffer of the caller: add()
// what goes in, then finish(). Never allocates. The packet's X bit is the caller's.
class ExtensionWriter {
 public:
  ExtensionWriter(MutableBytes out, ExtensionForm form);

  // False, and nothing written, if the element does not fit the form (one byte: id 1..14, 1..16 bytes;
  // two bytes: id 1..255, 0..255 bytes) or the buffer.
  bool add(uint8_t id, Bytes value);
  // Pads to 32 bits, fills in the head and gives the size of the whole block: 0 if nothing was added.
  size_t finish();

 private:
  bool fits(uint8_t id, size_t value_size) const;

  MutableBytes out_;
  ExtensionForm form_;
  size_t size_;
};

}  // namespace kms::rtc
