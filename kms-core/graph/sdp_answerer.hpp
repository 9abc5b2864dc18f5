// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

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
  // A candidate of the peer ("candidate:..."); empty: no more will come. Errors: CANDIDATE_INVALID,
  // PEER_CLOSED.
  virtual void add_candidate(const std::string& candidate, Done done) = 0;
  // The watcher is told every change from now on, the element's own end (kClosed) as the last. It may only
  // post.
  virtual void watch(Watcher watcher) = 0;
};

}  // namespace kms::graph
