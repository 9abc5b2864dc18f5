// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/rtc/rtc.hpp"
#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

struct LocalSourceOptions {
  Codec codec = Codec::kOpus;
  std::string parameters = {};  // as in a=fmtp; empty: the codec's usual ones
  // Sources of one name are played in sync by their receivers, and their sender reports say so: give the name
  // of the source that this one was made of (SourceTrack::cname). Empty: an own name.
  std::string cname = {};
  // A source to share an RTC thread with; null: the server chooses.
  SourceRef near = {};
  // A receiver needs a key frame; at most one call per half second. On an RTC thread; must not block, nor end
  // the source. When the source's destructor is done, no call is under way and none comes.
  std::function<void()> on_key_frame_wanted = {};
  // Of pictures that come with key frames of their own, whoever asks for one: the packets from the latest on,
  // some seconds, are kept, and a receiver that comes later gets them at once.
  bool keep_from_key_frame = false;
  // Where the same pictures are made in several sizes: of all of them, the same list. They are made one after
  // another, the whole list before any is consumed; a consumer then gets one or the other (LayerWish).
  std::shared_ptr<std::vector<SourceTrack::Description>> encodings = {};
  // It is made only while somebody takes it, which on_key_frame_wanted tells, and SourceTrack::taken().
  bool on_demand = false;
};

// A way into the RTP plane: a source whose packets are made in this process (by a payloader). Consumed like
// that of a peer; ends when destroyed, with what was pushed before. The server may end before it.
class LocalSource {
 public:
  // One packet's payload and what its header has to say. Sequence numbers are given here.
  struct Outgoing {
    Bytes payload;           // at most Packet::kMaxPayload bytes; copied
    uint32_t timestamp = 0;  // in the codec's clock rate
    bool marker = false;
    TimePoint captured{};  // on the media clock: sender reports are made of it
  };
  ~LocalSource();
  LocalSource(const LocalSource&) = delete;
  LocalSource& operator=(const LocalSource&) = delete;

  const SourceRef& source() const;

  // One thread at a time. False: dropped and counted (too large, or the RTC thread is far behind).
  bool push(const Outgoing& packet);
  // After the last packet of a frame, or of a batch: wakes the RTC thread.
  void flush();
  uint64_t dropped() const;
  // What it takes, or would take, bits per second; 0: not known, and one that is made on demand is not to be
  // had. Any thread.
  void offer(double bps);

 private:
  friend class Server;
  struct Impl;
  LocalSource(SourceTrack::Description is, const LocalSourceOptions& options);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::rtc
