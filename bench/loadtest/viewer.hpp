// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "bench/loadtest/connection.hpp"
#include "bench/loadtest/incoming_line.hpp"
#include "bench/loadtest/media.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_generator.hpp"

namespace kms::rtc::loadtest {

// Takes sound and pictures, measures how they come, asks for what is missing and reports as a browser does.
class Viewer final : public Media {
 public:
  // `place` and `connection` outlive it.
  Viewer(Workplace& place, Connection& connection, const Agreement& agreement, uint32_t room);

  void start(TimePoint now) override;
  void on_time(TimePoint now) override;
  TimePoint deadline() const override;
  void on_rtp(MutableBytes packet, TimePoint arrived) override;
  void on_rtcp(Bytes compound, TimePoint now) override;
  void add_to(Tally& tally) const override;
  TimePoint first_packet() const override { return first_packet_; }
  // Of sound alone the first packet is as good.
  TimePoint first_key_frame() const override { return video_ ? first_key_frame_ : first_packet_; }

 private:
  // An RTCP packet of ours, with room for what seals it.
  struct Compound;

  const IncomingLine* any_line() const;

  void take(IncomingLine& line, const RtpView& packet, TimePoint now, bool repaired);
  void take_repaired(MutableBytes packet, TimePoint now);
  void note_transport(const RtpView& packet, TimePoint now);
  void note_latency(const RtpView& packet, TimePoint now, bool video);
  void report(TimePoint now);
  void ask_for_missing(TimePoint now);
  void ask_for_key_frame(TimePoint now);
  void send_feedback(TimePoint now);

  Workplace& place_;
  Connection& connection_;
  uint32_t room_;
  uint32_t ssrc_;  // that our RTCP is from
  std::optional<IncomingLine> audio_;
  std::optional<IncomingLine> video_;
  TransportFeedbackGenerator arrivals_;
  bool waits_for_key_frame_ = false;
  TimePoint first_packet_{};
  TimePoint first_key_frame_{};
  TimePoint report_due_ = TimePoint::max();
  TimePoint feedback_due_ = TimePoint::max();
  TimePoint key_frame_due_ = TimePoint::max();
};

}  // namespace kms::rtc::loadtest
