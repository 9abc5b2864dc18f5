// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "kms-core/rtc/sctp/sctp_socket.hpp"

namespace kms::rtc {

// Puts the pieces of a message together, never more than kMaxDataMessage. Pieces of different messages do not
// mix: SCTP's interleaving is off.
class MessageAssembler {
 public:
  struct Message {
    uint16_t stream = 0;
    uint32_t ppid = 0;
    std::vector<uint8_t> bytes = {};
    bool too_large = false;  // then `bytes` is empty
  };

  // The whole message, with its last piece.
  std::optional<Message> add(const SctpPiece& piece);
  // The message that has begun will not be completed.
  void abandon() { message_.reset(); }

 private:
  std::optional<Message> message_;
};

}  // namespace kms::rtc
