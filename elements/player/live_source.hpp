// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "elements/player/media_source.hpp"
#include "elements/player/rtsp_session.hpp"
#include "kms/player/v1/player.pb.h"

namespace kms::player {

// How a live source is to be read.
struct LiveOptions {
  RtspSession::Transport transport = RtspSession::Transport::kAutomatic;
  std::chrono::milliseconds latency{200};
  std::chrono::milliseconds stall{5000};
  std::string passphrase = {};  // SRT's
  uint64_t most_bps = 0;        // of a variant (HLS); 0: no limit
};

// Errors: INVALID_OPTIONS.
Result<LiveOptions> live_options(const v1::PlayerOptions& options);

// `uri` passed check_live_uri().
std::unique_ptr<MediaSource> make_live_source(graph::ElementHost& host, const std::string& uri,
                                              const LiveOptions& options);

}  // namespace kms::player
