// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/rtcp/rtcp_types.hpp"
#include "kms-core/rtc/wire/byte_writer.hpp"

namespace kms::rtc {

// Builds RTCP packets one behind the other in a buffer of the caller; never allocates. Each call returns
// false and writes nothing if its packet does not fit. The order of a compound is the caller's
// (RFC 3550 section 6.1: report, SDES, others); reduced size needs none (RFC 5506).
class RtcpWriter {
 public:
  explicit RtcpWriter(MutableBytes out) : out_(out) {}

  // At most 31 blocks; those beyond are left out.
  bool sender_report(const SenderInfo& info, std::span<const ReportBlock> blocks);
  bool receiver_report(uint32_t ssrc, std::span<const ReportBlock> blocks);
  // At most 255 bytes of name.
  bool cname(const SourceName& name);
  bool bye(uint32_t ssrc);
  // `sequences` in ascending order, wrapping around; neighbours share an entry. Empty: nothing is written.
  bool nack(const FeedbackHead& head, std::span<const uint16_t> sequences);
  bool pli(const FeedbackHead& head);
  bool fir(uint32_t sender_ssrc, const FirEntry& entry);
  bool remb(uint32_t sender_ssrc, const Remb& remb);

  size_t size() const { return size_; }

 private:
  ByteWriter begin(uint8_t count, uint8_t type) const;
  bool commit(const ByteWriter& packet);

  MutableBytes out_;
  size_t size_ = 0;
};

}  // namespace kms::rtc
