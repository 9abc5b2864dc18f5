// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/mix/sound.hpp"

namespace kms::mix {

// Sound of one input, block by block. The mixer's thread: listen() once per block, then take() or pass().
class SoundSource {
 public:
  virtual ~SoundSource() = default;

  // How loud the next block is (RFC 6464); kSilent: there is none. Where senders say so it is known without
  // decoding.
  virtual uint8_t listen() = 0;
  // The next block. False: there is nothing in it.
  virtual bool take(Block& out) = 0;
  // The next block is not wanted.
  virtual void pass() = 0;
};

}  // namespace kms::mix
