// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/message_assembler.hpp"

#include <utility>

#include "kms-core/rtc/sctp/data_channel_options.hpp"

namespace kms::rtc {

std::optional<MessageAssembler::Message> MessageAssembler::add(const SctpPiece& piece) {
  if (message_ && message_->stream != piece.stream) message_.reset();
  if (!message_) message_ = Message{piece.stream, piece.ppid};
  auto& bytes = message_->bytes;
  message_->too_large |= bytes.size() + piece.bytes.size() > kMaxDataMessage;
  if (message_->too_large) {
    std::exchange(bytes, {});
  } else {
    bytes.insert(bytes.end(), piece.bytes.begin(), piece.bytes.end());
  }
  if (!piece.ends_message) return std::nullopt;
  return std::exchange(message_, std::nullopt);
}

}  // namespace kms::rtc
