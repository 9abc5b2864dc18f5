// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/graph/dominant_speaker.hpp"

namespace kms::graph {

// Knows who of a session's peers speaks: of the endpoints whose sources say how loud they are
// (rtc::SourceTrack::level()). Nothing of it runs while everyone is silent. Control loop.
class SpeakerWatch {
 public:
  // Both: true if the speaker is another one now, or none. look() is called every DominantSpeaker::kStep
  // from the moment on that somebody begins to speak, until it is at rest.
  bool look(const Slots& slots, rtc::TimePoint now);
  // Elements or ports went.
  bool follow(const Slots& slots);

  // Nothing: nobody has spoken yet, or the last one is gone.
  const std::optional<PortRef>& speaker() const { return floor_.holder(); }
  bool at_rest() const { return floor_.at_rest(); }

 private:
  DominantSpeaker floor_;
  std::vector<DominantSpeaker::Voice> voices_;  // of the last look
};

}  // namespace kms::graph
