// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "kms-core/rtc/rtcp/rtcp_types.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_chunks.hpp"
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// Makes transport-cc feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01) for all that one peer
// sends us: without it a browser's estimate never rises. Fixed memory (about 4 KB), no allocation. Lives on
// the peer's RTC thread; call write() every 50 to 100 ms and the outcome sent at once.
class TransportFeedbackGenerator {
 public:
  TransportFeedbackGenerator() { arrivals_.fill(kNever); }

  // A packet with the transport-wide sequence number extension has arrived. Duplicates are ignored; what is
  // more than kWindow behind the newest is too late to be reported.
  void on_packet(uint16_t sequence, TimePoint arrival);

  bool has_news() const { return has_news_; }
  // Writes one feedback packet for what came since the last one and returns its size; 0 if there is no news
  // or `out` is too small. If has_news() is still true, there is more: call it again.
  size_t write(const FeedbackHead& head, MutableBytes out);

 private:
  static constexpr int64_t kWindow = 1024;        // packets
  static constexpr uint32_t kNever = 0xffffffff;  // not arrived
  static constexpr size_t kMaxStatuses = 256;     // in one feedback packet

  struct Batch {
    std::array<ArrivalSymbol, kMaxStatuses> symbols;
    std::array<int16_t, kMaxStatuses> deltas;
    size_t symbol_count = 0;
    size_t delta_count = 0;
  };

  uint32_t& slot(int64_t index) { return arrivals_[static_cast<size_t>(index & (kWindow - 1))]; }
  void advance_to(int64_t index);
  uint32_t first_arrival();
  void fill(Batch& batch, uint32_t reference);

  SequenceUnwrapper<uint16_t> unwrapper_;
  TimePoint epoch_{};
  std::array<uint32_t, kWindow> arrivals_;  // in 250 us since epoch_, wrapping around after 12 days
  int64_t begin_ = 0;                       // first index not yet reported
  int64_t end_ = 0;                         // behind the newest
  uint8_t feedback_count_ = 0;
  bool has_news_ = false;
};

}  // namespace kms::rtc
