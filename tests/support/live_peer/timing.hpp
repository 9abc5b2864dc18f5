// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/live_peer/live_peer.hpp"

namespace kms::test {

// How long each of some things took, milliseconds.
class Times {
 public:
  void add(rtc::Duration time) { all_.push_back(std::chrono::duration<double, std::milli>(time).count()); }
  size_t count() const { return all_.size(); }
  // 0.5: the median.
  double share(double part) const {
    if (all_.empty()) return 1e9;
    auto sorted = all_;
    std::ranges::sort(sorted);
    return sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
  }
  double median() const { return share(0.5); }
  double most() const { return share(1); }
  // Those from one share of them to another, in the order in which they were added.
  Times part(double from, double to) const {
    Times some;
    const auto count = static_cast<double>(all_.size());
    for (auto i = static_cast<size_t>(from * count); i < static_cast<size_t>(to * count); ++i)
      some.all_.push_back(all_[i]);
    return some;
  }

 private:
  std::vector<double> all_;
};

// From when the last packet of a picture went to the server until the last one of it came back, by its
// number. Pictures before `from` are left out.
Times picture_delays(const LivePeer& from, const LivePeer& to, std::chrono::nanoseconds since);
// The same of packets that come as they went: forwarded sound.
Times sound_delays(const LivePeer& from, const LivePeer& to);
// The same of beeps that were decoded and encoded: from the packet where one begins to the packet where it
// begins at the far end.
Times beep_delays(const LivePeer& from, const LivePeer& to, const std::string& far_codec);
// How much later than its flash the sender reports say that each second's beep was, milliseconds.
std::vector<double> beeps_after_flashes(const LivePeer& peer, const std::string& video,
                                        const std::string& audio);

}  // namespace kms::test
