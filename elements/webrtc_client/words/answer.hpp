// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"

namespace kms::webrtc_client {

// One codec of an m-line, as both have it.
struct AgreedFormat {
  rtc::Codec codec = rtc::Codec::kOpus;
  rtc::PayloadFormat payload;
};
struct AgreedLine {
  bool video = false;
  std::vector<AgreedFormat> formats;  // as the server prefers; empty: it takes no part in the line
};
struct Agreement {
  std::string sdp;  // the answer anew, with nothing in it but what was understood
  rtc::Fingerprint fingerprint;
  std::vector<AgreedLine> lines;  // as in the offer
};

// What a server's answer means for an offer of webrtcbin's whose lines are all in one BUNDLE. `may_reach`
// says whether packets may be sent to an address (in numbers): candidates with others are left out, names
// too. Errors: ANSWER_INVALID, and CODEC_UNSUPPORTED when the server takes part in no line.
Result<Agreement> read_answer(std::string_view offer, std::string_view answer,
                              const std::function<bool(const std::string&)>& may_reach);

// The fingerprint of a certificate in PEM; nothing when it is none.
std::optional<rtc::Fingerprint> fingerprint_of(const std::string& pem);

}  // namespace kms::webrtc_client
