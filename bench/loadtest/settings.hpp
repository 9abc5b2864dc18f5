// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/loadtest/clip.hpp"
#include "bench/loadtest/http_target.hpp"
#include "kms-core/rtc/srtp/profile.hpp"

namespace kms::rtc::loadtest {

// One encoding of a publisher's pictures.
struct Layer {
  std::string rid;  // empty without simulcast
  Clip clip;
};

// Bounds that make a run a failure; in percent and milliseconds.
struct Bounds {
  std::optional<double> loss = {};
  std::optional<double> setup_ms = {};
  std::optional<double> latency_ms = {};
  std::optional<uint64_t> failures = {};
};

// What a run does. Immutable once it has begun.
struct Settings {
  std::optional<HttpTarget> whip;  // nothing: somebody else publishes
  std::optional<HttpTarget> whep;  // nothing: nobody watches
  std::string token;
  std::string room_prefix = "load-";
  uint32_t rooms = 1;
  uint32_t viewers_per_room = 10;
  uint32_t threads = 1;
  uint32_t parallel = 8;        // participants that are being set up at a time
  double churn_per_minute = 0;  // viewers that leave, and others that come
  double republish_per_minute = 0;
  double loss_up = 0;    // share of media that does not reach the server
  double loss_down = 0;  // or the participant
  bool audio = true;
  bool video = true;
  bool transport_cc = true;
  std::vector<SrtpProfile> profiles{SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80};
  std::vector<Layer> layers;  // lowest first
  SocketAddress bind;         // port 0; may be the unspecified address
  SocketAddress own;          // what the offer says in its place
  Duration warm_up = std::chrono::seconds(2);
  Duration duration = std::chrono::seconds(15);
  Duration patience = std::chrono::seconds(15);  // of a participant that is being set up
  int server_pid = 0;                            // 0: not known
  uint64_t seed = 1;
  Bounds bounds;
  bool json = false;
  bool quiet = false;
};

}  // namespace kms::rtc::loadtest
