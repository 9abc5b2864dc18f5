// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/forwarding/source_counters.hpp"
#include "kms-core/rtc/rtp/codec.hpp"

namespace kms::rtc {

class Worker;  // an RTC thread; internal

// A media stream that comes from a peer, or from this process (LocalSource). Ends with it; consuming it then
// has no effect.
class SourceTrack {
 public:
  struct Description {
    uint64_t id = 0;  // unique in the server
    Worker* home = nullptr;
    Codec codec = Codec::kOpus;
    std::string parameters = {};
    std::string mid = {};
    std::string rid = {};
    std::string cname = {};
    std::shared_ptr<const SourceCounters> counters = {};
    bool keeps_key_frame = false;
    // Of a simulcast encoding: all of its track, itself among them.
    std::shared_ptr<const std::vector<Description>> encodings = {};
    bool on_demand = false;  // it is made while somebody takes it
  };
  explicit SourceTrack(Description description) : is_(std::move(description)) {}

  uint64_t id() const { return is_.id; }
  Codec codec() const { return is_.codec; }
  // Of the codec, as in a=fmtp ("profile-level-id=42e01f;packetization-mode=1"); may be empty.
  const std::string& parameters() const { return is_.parameters; }
  bool is_video() const { return !is_audio(is_.codec); }
  const std::string& mid() const { return is_.mid; }      // of a local source: empty
  const std::string& rid() const { return is_.rid; }      // of a simulcast encoding, else empty
  const std::string& cname() const { return is_.cname; }  // one for all tracks of a peer: they are in sync
  // Its packets from the latest key frame on are kept: it makes none when asked.
  bool keeps_key_frame() const { return is_.keeps_key_frame; }
  Worker& home() const { return *is_.home; }
  // What has come so far, repairs included, and when the first came. Any thread.
  uint64_t packets() const { return is_.counters ? is_.counters->packets() : 0; }
  uint64_t bytes() const { return is_.counters ? is_.counters->bytes() : 0; }  // of payload
  std::optional<TimePoint> began() const { return is_.counters ? is_.counters->began() : std::nullopt; }
  // Its sender said goodbye (RTCP BYE): nothing is expected, and nothing asked for, until something comes.
  bool ended() const { return is_.counters && is_.counters->ended(); }
  // Others are louder: it is not sent on (PeerOptions::loudest). Any thread.
  bool withheld() const { return is_.counters && is_.counters->withheld(); }
  // Payload per second of late, and the most that it ever was; where its maker says what it takes
  // (LocalSource::offer()), that. 0 at first. Any thread.
  double bps() const { return is_.counters ? is_.counters->told_bps() : 0; }
  double most_bps() const { return is_.counters ? std::max(bps(), is_.counters->most_bps()) : 0; }
  // Made while somebody takes it; it may not be on offer yet, or any more. Any thread.
  bool on_demand() const { return is_.on_demand; }
  bool offered() const { return !is_.on_demand || bps() > 0; }
  // Somebody takes it. At most 50 ms old; only of what is made in this process. Any thread.
  bool taken() const { return is_.counters && is_.counters->taken(); }
  // Of pictures, how large they are, as the latest key frame says (see picture_size_of()); zeros: not known.
  // Any thread.
  PictureSize picture() const { return is_.counters ? is_.counters->picture() : PictureSize{}; }
  // Of pictures, what comes of their temporal and spatial layers; null: it is not known. Any thread.
  const LayerCounters* layers() const { return is_.counters ? &is_.counters->layers() : nullptr; }
  // Whether something came lately, or would if somebody took it. Any thread.
  bool comes(TimePoint now) const {
    if (!is_.counters || ended()) return false;
    return is_.on_demand ? offered() : now - is_.counters->last() < SourceCounters::kPause;
  }
  // Somebody would have it if it came: its sender is told (PeerEvents::on_encodings_wanted). To be said again
  // within two seconds, as long as it is so. Any thread.
  void wish(TimePoint now) const {
    if (is_.counters) is_.counters->wish(now);
  }
  // All encodings of its simulcast track, as the peer named them; empty if it is not of one.
  std::vector<std::shared_ptr<const SourceTrack>> encodings() const;
  // What came of its simulcast track, whichever encodings of it: its sender need not send all of them, and
  // may end any. Of another track it is what came of itself. Any thread.
  struct Whole {
    uint64_t packets = 0;
    uint64_t bytes = 0;  // of payload
    bool ended = false;  // all of them
  };
  Whole whole_track() const;
  // How loud it is, as its packets say (RFC 6464); null: they do not. Any thread.
  const AudioLevel* level() const {
    return is_.counters && is_.counters->level().known() ? &is_.counters->level() : nullptr;
  }

 private:
  const Description is_;
};
// Shared, because the publisher's thread and the consumers' threads use it; immutable but for its counters.
using SourceRef = std::shared_ptr<const SourceTrack>;

}  // namespace kms::rtc
