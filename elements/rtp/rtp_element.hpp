// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "elements/rtp/line_taker.hpp"
#include "elements/rtp/settings.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms::rtp {

// One peer of plain RTP and its place in the graph. Control loop; what the RTC thread answers and tells is
// posted there.
class RtpElement : public graph::Element {
 public:
  // Errors: INVALID_OPTIONS.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::RtpOptions& options);

  // Commands; contracts and errors in rtp.proto.
  void process_offer(const std::string& offer, Reply<v1::ProcessOfferResponse> reply);
  void generate_offer(const rtc::RtpOffer& wanted, Reply<v1::GenerateOfferResponse> reply);
  void process_answer(const std::string& answer, Done done);
  void send_tones(const rtc::ToneOptions& tones, Done done);
  void local_ports(Reply<v1::GetLocalPortsResponse> reply);

  void close(Done done) override;

 private:
  RtpElement(graph::ElementHost& host, const Settings& settings);

  rtc::RtpPeerEvents peer_events();
  // Brings what an RTC thread says to the loop.
  template <typename... Given, typename Handler>
  std::function<void(Given...)> on_loop(Handler handler);
  Status check_described_by_sdp() const;
  void add_ports(const Settings& settings);
  void use_streams(const Settings& settings);
  void take(const rtc::Answer& agreed);

  const bool by_sdp_;
  const std::vector<rtc::Codec> codecs_;  // that may be spoken
  std::unique_ptr<rtc::RtpPeer> peer_;    // null: closed
  std::array<std::shared_ptr<LineTaker>, 2> takers_;
  Guard guard_;
};

}  // namespace kms::rtp
