// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include "bench/loadtest/received_stream.hpp"
#include "kms-core/rtc/rtcp/nack_generator.hpp"
#include "kms-core/rtc/rtcp/reception_statistics.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/sdp/negotiated_line.hpp"

namespace kms::rtc::loadtest {

// One m-line that a viewer receives: its stream, of whatever SSRC, and what is asked for of it. One thread.
class IncomingLine {
 public:
  explicit IncomingLine(const NegotiatedLine& line) : line_(line) {}

  const NegotiatedLine& line() const { return line_; }
  bool carries(uint8_t type) const { return type == line_.payload_type; }
  bool repairs(uint8_t type) const { return line_.rtx_payload_type != 0 && type == line_.rtx_payload_type; }
  // Nothing before the first packet.
  std::optional<uint32_t> ssrc() const;

  // A packet of the stream, or one that RTX has repaired. False: it was here before.
  bool on_packet(const RtpView& packet, TimePoint now, bool repaired);
  void on_sender_report(const SenderInfo& info, TimePoint now);
  std::optional<ReportBlock> report(TimePoint now);
  // What to ask for now; returns how many.
  size_t missing(TimePoint now, std::span<uint16_t> out);
  // When missing() or take_hopeless() may have something.
  TimePoint missing_deadline() const;
  // Something is missing that will not come any more, so that a key frame has to be asked for. Tells it once.
  bool take_hopeless() { return std::exchange(hopeless_, false); }

  // Of all streams that the line has had.
  StreamTotals totals() const;

 private:
  struct Stream {
    explicit Stream(const RtpView& first, uint32_t clock_rate) : ssrc(first.ssrc()), statistics(clock_rate) {}
    uint32_t ssrc;
    ReceivedStream received;
    ReceptionStatistics statistics;
    NackGenerator nacks;
  };

  void begin(const RtpView& first);
  StreamTotals current() const;

  NegotiatedLine line_;
  std::optional<Stream> stream_;
  StreamTotals ended_;
  bool hopeless_ = false;
};

}  // namespace kms::rtc::loadtest
