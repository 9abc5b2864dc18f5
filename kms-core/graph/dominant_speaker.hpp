// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>

#include "kms-core/graph/links.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::graph {

// Decides who of many has the floor. Each one's speech is averaged over a short time (what is heard now) and
// a longer one (what was heard lately); who speaks counts 20, and up to 25 more for being loud. The floor
// goes to another one when both averages are ahead of its holder's by some margin, which means:
//   - in silence it goes to who speaks for a third of a second: no cough, no click;
//   - when the holder has ended, to the next one after a good half second of speech;
//   - while the holder speaks, to nobody who is not clearly louder (6 dB) for as long as that;
//   - in a pause nobody takes it: the holder keeps it until somebody else speaks.
// Time comes from outside. One thread.
class DominantSpeaker {
 public:
  // How often it is to look, while it is not at rest.
  static constexpr std::chrono::milliseconds kStep{100};

  struct Voice {
    PortRef who;
    float power = 0;  // mean of the last tenth of a second, 1: 0 dBov
    bool speaks = false;
  };
  // Everyone who could speak now; who is missing is forgotten. True if the floor has another holder, or none.
  bool look(std::span<const Voice> voices, rtc::TimePoint now);
  // Forgets who fails `is_there`; the same answer.
  template <typename IsThere>
  bool keep(IsThere is_there) {
    std::erase_if(scores_, [&](const auto& entry) { return !is_there(entry.first); });
    if (!holder_ || scores_.contains(*holder_)) return false;
    holder_.reset();
    return true;
  }

  const std::optional<PortRef>& holder() const { return holder_; }
  // Nobody has spoken for some seconds: nothing changes until somebody does.
  bool at_rest() const;

 private:
  struct Score {
    float now = 0;
    float lately = 0;
  };
  void update(const Voice& voice, float seconds);
  static bool is_ahead(const Score& one, const Score& other);

  std::map<PortRef, Score> scores_;
  std::optional<PortRef> holder_;
  rtc::TimePoint looked_{};
};

}  // namespace kms::graph
