// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <unordered_map>

#include "kms-core/rtc/forwarding/fanout.hpp"
#include "kms-core/rtc/forwarding/handover.hpp"
#include "kms-core/rtc/forwarding/thread_counters.hpp"
#include "kms-core/rtc/peer/turn_taker.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc {

// Connects the sources and consumers of one RTC thread with each other and with those of other threads.
// A source sends to one sink per thread; the fan-out to consumers happens on the consumers' own thread, which
// also keeps what they may ask for again. Lives on its thread.
class Switchboard {
 public:
  Switchboard(Worker& worker, SealedSender& sender) : worker_(worker), sender_(sender) {}

  // Someone on this thread has begun, or ends, to send `stream`; a turn of its own asks for key frames.
  void publish(SourceStream& stream, TurnTaker& owner) { sources_[stream.id()] = {&stream, &owner}; }
  void withdraw(SourceStream& stream);

  void attach(const SourceRef& source, ConsumerId consumer, const ConsumerSettings& settings);
  // Gives where the consumer's SSRC goes on.
  SendPosition detach(const SourceRef& source, ConsumerId consumer);
  // See Fanout::rename.
  void rename(const SourceRef& source, ConsumerId consumer, ConsumerId to,
              std::shared_ptr<ConsumerCounters> counters);
  // See Fanout::set_layers.
  void set_layers(const SourceRef& source, ConsumerId consumer, const LayerLimits& limits);
  // Nothing if the source is not consumed here.
  Fanout* fanout(SourceId source);
  void want_key_frame(const SourceRef& source);
  // The way to a consumer of pictures is open: it catches up, or a key frame is asked for.
  void begin(const SourceRef& source, ConsumerId consumer);

  // Sends on what other threads have handed over.
  void take_handed_over();
  // Sends what has waited for room on a peer's way. Gives the time of the next call, at the latest.
  TimePoint send_waiting(TimePoint now) { return waiting_.send(now); }
  void tick(TimePoint now);
  // Lets go of all packets, at the server's end.
  void clear();
  bool is_idle() const { return consumed_.empty(); }
  uint64_t dropped() const { return dropped_; }
  ThreadCounters& counters() { return counters_; }
  const ThreadCounters& counters() const { return counters_; }

  // A way out of a source of this thread; nothing happens if that has ended. A tap on pictures asks for a key
  // frame.
  void attach_tap(SourceId source, const std::shared_ptr<PacketTap>& tap);
  void detach_tap(SourceId source, const PacketTap& tap);

  // Posted by other threads' switchboards.
  void attach_remote(SourceId source, Worker& consumers, HandoverRing& ring, size_t receivers);
  void end_source(SourceId source);
  void want_key_frame_here(SourceId source);

 private:
  // The far end of a source's sink on another thread.
  class RemoteSink final : public PacketSink {
   public:
    RemoteSink(Switchboard& home, SourceId source, Worker& consumers, HandoverRing& ring)
        : home_(home), source_(source), consumers_(consumers), ring_(ring) {}
    void on_packets(std::span<const PacketRef> packets) override;
    Worker& consumers() { return consumers_; }

   private:
    Switchboard& home_;
    SourceId source_;
    Worker& consumers_;
    HandoverRing& ring_;
  };
  using RemoteKey = std::pair<SourceId, Worker*>;

  Fanout& ensure_fanout(const SourceRef& source);
  HandoverRing& ring_from(const Worker& home);
  // Tells the source how many consumers it has here.
  void announce(const SourceTrack& source);
  void end_abandoned(TimePoint now);
  void ask_there(const SourceTrack& source);
  void drain(HandoverRing& ring);
  void deliver_batch();

  Worker& worker_;
  SealedSender& sender_;
  WaitingConsumers waiting_;
  struct Source {
    SourceStream* stream;
    TurnTaker* owner;
  };
  std::unordered_map<SourceId, Source> sources_;
  struct Consumed {
    SourceRef source;
    std::unique_ptr<Fanout> fanout;
    TimePoint left_at{};  // the last consumer
  };
  std::unordered_map<SourceId, Consumed> consumed_;
  std::map<RemoteKey, std::unique_ptr<RemoteSink>> remote_sinks_;
  std::map<const Worker*, std::unique_ptr<HandoverRing>> rings_;
  std::multimap<SourceId, std::shared_ptr<PacketTap>> taps_;
  SourceId batch_source_ = 0;
  std::vector<PacketRef> batch_;
  uint64_t dropped_ = 0;
  ThreadCounters counters_;
};

}  // namespace kms::rtc
