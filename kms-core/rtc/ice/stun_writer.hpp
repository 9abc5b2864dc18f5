// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "kms-core/rtc/ice/stun_message.hpp"
#include "kms-core/rtc/wire/byte_writer.hpp"

namespace kms::rtc {

// Builds one STUN message in a buffer of the caller; never allocates. Attributes are added in the order of
// the RFC: MESSAGE-INTEGRITY after all others, FINGERPRINT last. size() is 0 if anything did not fit.
class StunWriter {
 public:
  StunWriter(MutableBytes out, StunClass message_class, const StunTransaction& transaction);

  void add(uint16_t type, Bytes value);
  void add(uint16_t type, std::string_view text);
  void add_u32(uint16_t type, uint32_t value);
  void add_u64(uint16_t type, uint64_t value);
  void add_xor_mapped(const TransportAddress& address);
  // `code` is 300..699.
  void add_error(int code, std::string_view reason);
  void add_unknown(std::span<const uint16_t> types);
  void add_integrity(std::string_view password);
  void add_fingerprint();

  size_t size() const { return writer_.ok() ? writer_.size() : 0; }

 private:
  void set_length(size_t total);

  MutableBytes out_;
  ByteWriter writer_;
};

}  // namespace kms::rtc
