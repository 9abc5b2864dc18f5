// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "bench/loadtest/connection.hpp"
#include "bench/loadtest/media.hpp"
#include "bench/loadtest/media_source.hpp"

namespace kms::rtc::loadtest {

// SSRCs of one publisher.
struct PublisherSsrcs {
  static PublisherSsrcs make(std::mt19937_64& random);

  uint32_t audio = 0;
  uint32_t video = 0;  // of the lowest layer; each further layer has the next two
  uint32_t rtx = 0;    // one more
};

// Sends sound and pictures in all layers that were agreed on, answers NACK, PLI and FIR, reports.
class Publisher final : public Media {
 public:
  struct Options {
    uint32_t room = 0;
    PublisherSsrcs ssrcs = {};
  };

  // `place` and `connection` outlive it.
  Publisher(Workplace& place, Connection& connection, const Agreement& agreement, const Options& options);

  void start(TimePoint now) override;
  void on_time(TimePoint now) override;
  TimePoint deadline() const override;
  void on_rtp(MutableBytes, TimePoint) override {}
  void on_rtcp(Bytes compound, TimePoint now) override;
  void add_to(Tally& tally) const override;

 private:
  RtpTrack::Options track_of(const NegotiatedLine& line);
  void add_layers(const Agreement& agreement, const Options& options);
  SourceOptions source_options(uint32_t room);
  void on_feedback(const RtcpPacket& packet, TimePoint now);
  void repeat_for(const RtcpPacket& nack, uint32_t ssrc, TimePoint now);
  void want_key_frame(uint32_t ssrc);
  void report(TimePoint now);
  void report_on(const SenderInfo& info);

  Workplace& place_;
  Connection& connection_;
  uint16_t transport_sequence_ = 1;
  std::optional<AudioSource> audio_;
  std::vector<std::unique_ptr<VideoSource>> video_;
  TimePoint report_due_ = TimePoint::max();
};

}  // namespace kms::rtc::loadtest
