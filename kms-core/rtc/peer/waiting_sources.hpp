// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"

namespace kms::rtc {

// The next source that waits for this line; nothing if none does. Each is given once.
inline SourceRef take_waiting(std::vector<PeerConsumers::Slot>& waiting, MediaKind kind,
                              const std::string& mid) {
  const auto next = [&](bool choosy) {
    return std::ranges::find_if(waiting, [&](const PeerConsumers::Slot& wish) {
      if (wish.choosy != choosy || (choosy && wish.line.mid != mid)) return false;
      return wish.source->is_video() == (kind == MediaKind::kVideo);
    });
  };
  auto found = next(true);
  if (found == waiting.end()) found = next(false);
  if (found == waiting.end()) return nullptr;
  auto source = found->source;
  waiting.erase(found);
  return source;
}

}  // namespace kms::rtc
