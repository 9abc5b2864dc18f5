// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "elements/webrtc_client/words/ice_server.hpp"
#include "kms-core/base/address_policy.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/rtc/rtp/codec.hpp"
#include "kms/webrtc_client/v1/webrtc_client.pb.h"

namespace kms::webrtc_client {

// Options of a client that were checked.
struct Settings {
  std::string uri;
  std::string bearer_token;
  std::vector<rtc::Codec> audio;  // best first
  std::vector<rtc::Codec> video;
  std::vector<IceServer> ice_servers;
  bool relay_only = false;
  std::chrono::milliseconds timeout{20'000};
  std::chrono::milliseconds stall{15'000};
  bool retries = true;
  std::chrono::milliseconds first_wait{500};
  std::chrono::milliseconds longest_wait{10'000};
  uint32_t attempts = 0;                   // 0: for ever
  std::chrono::milliseconds latency{100};  // of jitter buffers
  AddressPolicy policy;
};

// Errors: INVALID_OPTIONS, URI_NOT_ALLOWED.
Result<Settings> read_options(const Config& config, const v1::WhipClientOptions& options);
Result<Settings> read_options(const Config& config, const v1::WhepClientOptions& options);

// The codec's name in the API.
std::string api_name(rtc::Codec codec);

}  // namespace kms::webrtc_client
