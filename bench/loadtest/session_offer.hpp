// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/net/socket_address.hpp"
#include "kms-core/rtc/sdp/offerer.hpp"

namespace kms::rtc::loadtest {

// What a participant offers: one line of sound and one of pictures.
struct OfferOptions {
  bool publishes = false;
  IceCredentials ice = {};
  Fingerprint fingerprint = {};
  SocketAddress local = {};  // its only candidate
  bool audio = true;
  bool video = true;
  bool transport_cc = true;
  std::vector<std::string> rids = {};  // of simulcast; empty: none
  // Of what is published; signalled but for simulcast.
  uint32_t audio_ssrc = 0;
  uint32_t video_ssrc = 0;
  uint32_t rtx_ssrc = 0;
};

SessionDescription make_session_offer(const OfferOptions& options);

// What the server's answer made of it.
struct Agreement {
  NegotiatedTransport transport;
  std::vector<SocketAddress> candidates;  // UDP ones, best first
  std::optional<NegotiatedLine> audio;    // nothing: the server does not want it
  std::optional<NegotiatedLine> video;
  std::vector<std::string> rids;  // that the server takes
};

// `v6`: the family of addresses that can be reached. Reasons of failure: those of parse_sdp() and
// read_answer(), ANSWER_EMPTY, NO_CANDIDATE.
Result<Agreement> read_agreement(const SessionDescription& offer, std::string_view answer, bool v6);

}  // namespace kms::rtc::loadtest
