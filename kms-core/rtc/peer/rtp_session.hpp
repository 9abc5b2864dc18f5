// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/peer/rtp_media.hpp"

namespace kms::rtc {

// One peer of plain RTP on its RTC thread: its two lines and what was agreed on about them.
class RtpSession final : public TurnTaker {
 public:
  RtpSession(Worker& worker, uint64_t id, RtpPeerOptions options);

  Result<Answer> answer(const std::string& offer);
  Result<std::string> offer(const RtpOffer& wanted) { return negotiation_.offer(wanted); }
  Result<Answer> accept(const std::string& answer);
  Result<Answer> use(const std::optional<RtpStream>& audio, const std::optional<RtpStream>& video);
  RtpLocalPorts local_ports() const { return {{lines_[0].local(), lines_[1].local()}}; }
  Status send_tones(const ToneOptions& tones) { return lines_[0].send_tones(tones); }

  void consume(const PeerConsumers::Wish& wish);
  void stop_consuming(ConsumerId id);

  void tick(TimePoint now);

 private:
  TimePoint end_turn(TimePoint now) override;
  RtpMedia& line(bool video) { return lines_[video ? 1 : 0]; }
  Answer take(RtpAgreement agreed);
  Answer outcome(std::string sdp, const std::vector<std::optional<bool>>& order) const;
  Status use_stream(RtpMedia& media, const RtpStream& stream);

  const RtpPeerOptions options_;
  SenderClock clock_;
  OwnSsrcs ssrcs_;
  std::array<RtpMedia, 2> lines_;  // sound, pictures
  RtpNegotiation negotiation_;
};

}  // namespace kms::rtc
