// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/base/task.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::graph {

// What an element is besides when its peer may speak to it through a door of the server (WHIP, WHEP), which
// knows no element: it answers offers and tells how its connection fares. Control loop.
class SdpAnswerer {
 public:
  using Watcher = std::function<void(rtc::PeerState state, const std::string& reason)>;
  virtual ~SdpAnswerer() = default;

  // Answers the peer's offer, the first or a later one. Errors: SDP_..., PEER_CLOSED.
  virtual void answer(const std::string& offer, Reply<std::string> reply) = 0;
  // The peer's ICE credentials, told apart from an offer: ours that count from now on, if that restarts ICE;
  // nothing if they are as before. Errors: NOT_NEGOTIATED, PEER_CLOSED.
  virtual void update_ice(const rtc::IceCredentials& theirs,
                          Reply<std::optional<rtc::IceCredentials>> reply) = 0;
  // Where the peer may reach us: "candidate:..." (RFC 8839).
  virtual std::vector<std::string> candidates() const = 0;
  // The watcher is told every change from now on, the element's own end (kClosed) as the last. It may only
  // post.
  virtual void watch(Watcher watcher) = 0;
};

}  // namespace kms::graph
