// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/http/http_message.hpp"

namespace kms::http {

constexpr char kSdpType[] = "application/sdp";
constexpr char kFragmentType[] = "application/trickle-ice-sdpfrag";

// The two sorts of resources of WHIP and WHEP: /whip/{room}, /whep/{room}, and /whip-session/{id}.
enum class Resource { kEndpoint, kSession };

// An answer that pages of other origins may read.
Response whip_reply(unsigned status, std::string body = {}, Headers more = {});
// What becomes of an error: its status code, and a text that begins with the reason.
Response refusal(const Status& status);
Response preflight(Resource resource);
Response wrong_method(Resource resource);
Response wrong_type(Resource resource);

}  // namespace kms::http
