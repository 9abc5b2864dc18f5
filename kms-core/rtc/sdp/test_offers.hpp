// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "kms-core/rtc/sdp/answerer.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "kms-core/rtc/sdp/small_offer.hpp"

namespace kms::rtc::test {

// What a real Chromium offered: "publish" (audio and video), "simulcast" (audio, video of three encodings,
// data), "watch" (audio and video to receive).
inline std::string chromium_offer(const std::string& name) {
  std::ifstream file(std::string(KMS_CORPUS) + "/chromium_" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline LocalSide local_side() {
  LocalSide local;
  local.session_id = 77;
  local.ufrag = "ourufrag";
  local.password = "ourpasswordourpassword12";
  local.fingerprint.digest.fill(0xab);
  local.candidates = {"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host"};
  return local;
}

inline Result<Negotiation> answer(const std::string& offer, const std::vector<LineWish>& wishes = {},
                                  const LocalSide& local = local_side()) {
  const auto parsed = parse_sdp(offer);
  return parsed.ok() ? answer_offer(*parsed, local, wishes) : Result<Negotiation>(parsed.status());
}

}  // namespace kms::rtc::test
