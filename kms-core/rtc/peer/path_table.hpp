// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>

#include "kms-core/rtc/net/path.hpp"

namespace kms::rtc {

class PeerSession;

// Which peer speaks from where: only paths that ICE has validated. One per RTC thread.
class PathTable {
 public:
  PeerSession* find(const Path& path) const {
    const auto found = peers_.find(path);
    return found == peers_.end() ? nullptr : found->second;
  }
  void set(const Path& path, PeerSession& peer) { peers_[path] = &peer; }
  // Only if the path is still that peer's.
  void erase(const Path& path, const PeerSession& peer) {
    const auto found = peers_.find(path);
    if (found != peers_.end() && found->second == &peer) peers_.erase(found);
  }

 private:
  std::unordered_map<Path, PeerSession*, PathHash> peers_;
};

}  // namespace kms::rtc
