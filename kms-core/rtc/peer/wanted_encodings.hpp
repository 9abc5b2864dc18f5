// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kms-core/rtc/encodings_wanted.hpp"
#include "kms-core/rtc/peer/peer_receiver.hpp"

namespace kms::rtc {

// Which encodings of a peer's pictures somebody would have, so that its application can have it pause the
// others: within RTP nothing says so. One is wanted as soon as it is taken or wished for
// (SourceTrack::wish()), and for kPatience after that, so that who looks away for a moment makes nothing
// begin anew. Until the first packet of a track, all of it is wanted. Lives on the RTC thread.
class WantedEncodings {
 public:
  static constexpr std::chrono::milliseconds kPatience{2500};
  using Entries = std::span<const std::unique_ptr<PeerReceiver::Entry>>;
  using Tell = std::function<void(const EncodingsWanted&)>;

  // Every 50 ms or so, with all streams of the peer. Tells of each track of which now other encodings are
  // wanted than before.
  void look_at(Entries entries, TimePoint now, const Tell& tell);
  bool is_wanted(const ReceiveLine& line) const;

 private:
  struct Encoding {
    std::string rid;
    bool wanted = true;
    TimePoint latest{};  // was it taken, or wished for
  };
  // Named by its mid: another codec on the line leaves what its sender was told as it is.
  struct Track {
    std::string mid;
    std::vector<Encoding> encodings = {};
    bool begun = false;
  };

  Track& track_of(Entries entries, TimePoint now);
  static void follow(Track& track, Entries entries, TimePoint now, const Tell& tell);

  std::vector<Track> tracks_;
};

}  // namespace kms::rtc
